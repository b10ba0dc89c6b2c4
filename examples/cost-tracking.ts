// What runs cost: as the agent tells it and as the price book computes it, by model, for a session, and for
// a run that is cancelled half way. A policy that allows no dollar tells of the first one.
import assert from 'node:assert/strict';
import { createSessionManager, listPrices, type Cost, type TokenUsage } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

await using example = await setUpExample('cost-tracking', []);
const { providerName, runOptions } = example;
const unnamed = 'claude-sonnet-4-5';
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [example.provider],
  // Amp doesn't say which model it uses; whoever knows can say what to price it as.
  prices: { unnamed: { amp: unnamed } },
});
const usage = { input: 2000, output: 100, cacheRead: 500 };

example.say([{ text: 'The capital of France is Paris.', usage }]);
const session = await manager.createSession();
const first = await session.run('What is the capital of France? Answer in one sentence.', runOptions);
const result = await first.result;
assert.equal(result.status, 'completed');
print('first run', result.cost);
let byModel: { readonly [model: string]: TokenUsage } = {};
for await (const event of first) {
  if (event.type !== 'token_usage_updated') continue;
  byModel = event.data.byModel ?? {};
  const models = Object.entries(event.data.byModel ?? {}).map(
    ([model, used]) =>
      `${model}: ${used.inputTokens} in, ${used.cacheReadTokens} cached, ${used.outputTokens} out`,
  );
  console.log(`  so far ${event.data.cost?.usd ?? 'unpriced'} USD; ${models.join('; ')}`);
}

// Worked out by hand from the list, for the models and tokens that the log tells, it is the same.
const byHand = Object.entries(byModel).map(([model, used]) => costByHand(model, used));
console.log(`  by hand: ${byHand.map((usd) => usd ?? 'unpriced').join(' + ')} USD`);
if (byHand.every((usd) => usd !== undefined)) {
  const sum = byHand.reduce((total, usd) => total + usd, 0);
  assert.ok(Math.abs(sum - Number(result.cost?.computed)) < 1e-9, `${sum} is not ${result.cost?.computed}`);
} else assert.ok((result.cost?.unpriced ?? []).length > 0);

example.say([
  { tools: [{ tool: 'bash', command: 'echo working' }], usage },
  { text: 'There is much to say about it.', usage, hang: true },
]);
const second = await session.run('Run `echo working`, then write a long essay about Paris.', {
  ...runOptions,
  rules: exampleRules,
});
for await (const event of second) if (event.type === 'token_usage_updated') break;
await second.cancel('We have seen enough.');
const cancelled = await second.result;
assert.equal(cancelled.status, 'cancelled');
print('cancelled run', cancelled.cost);

example.say([{ text: 'The capital of Spain is Madrid.', usage }]);
const third = await session.run('What is the capital of Spain? Answer in one sentence.', {
  ...runOptions,
  policy: { name: 'no dollar', action: 'warn', limits: { costUsd: 0 } },
});
const warned = await third.result;
assert.equal(warned.status, 'completed', JSON.stringify(warned));
const { policy } = warned;
console.log(
  `third run: ${policy?.violationCount} violation of "${policy?.name}", which is to ${policy?.action}`,
);
assert.equal(policy?.action, 'warn');
if (warned.cost?.usd === undefined) assert.ok((warned.cost?.unpriced ?? []).length > 0);
else
  assert.deepEqual(
    policy.violations.map(({ details }) => details['limit']),
    ['costUsd'],
  );

const { rows } = await manager.runs({ sessionId: session.id });
const total = rows.reduce((sum, run) => sum + Number(run.cost?.usd ?? 0), 0);
console.log(`session: ${total.toFixed(6)} USD in ${rows.length} runs`);

for (const { cost } of [result, cancelled]) {
  assert.ok(cost !== undefined, 'every run that asked a model has a cost');
  // A model that the price book doesn't know is named, and its cost is not guessed.
  if (cost.usd === undefined) assert.ok((cost.unpriced ?? []).length > 0);
  else assert.ok(Number(cost.usd) > 0);
}
if (example.model !== undefined) {
  const usd = { claude: '0.00765', codex: '0.01325', amp: '0.00765' }[providerName];
  assert.equal(result.cost?.usd, usd);
  assert.equal(result.cost?.computed, usd);
  assert.equal(result.cost?.source, providerName === 'claude' ? 'provider' : 'computed');
  assert.equal(rows.length, 3);
  assert.equal(policy.violationCount, 1);
}

/** US dollars by today's list price; `undefined` for a model without one. */
function costByHand(model: string, used: TokenUsage): number | undefined {
  const name = (model === 'unknown' ? unnamed : model).replace(/-\d{8}$/, '');
  const today = new Date().toISOString().slice(0, 10);
  const price = listPrices.findLast((listed) => listed.model === name && (listed.since ?? '') <= today);
  if (price === undefined) return undefined;
  const { input, output, cacheRead = '0', cacheWrite = '0', longCacheWrite = '0' } = price;
  const million =
    used.inputTokens * Number(input) +
    used.cacheReadTokens * Number(cacheRead) +
    used.cacheWriteTokens * Number(cacheWrite) +
    (used.longCacheWriteTokens ?? 0) * Number(longCacheWrite) +
    (used.outputTokens + used.reasoningTokens) * Number(output);
  return million / 1_000_000;
}

function print(what: string, cost: Cost | undefined): void {
  const { usd = 'nobody knows how many', source, computed, unpriced = [] } = cost ?? {};
  console.log(
    `${what}: ${usd} USD (${source}); by list prices ${computed ?? 'unknown'} ${unpriced.join(' ')}`,
  );
}
