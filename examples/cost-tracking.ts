// What runs cost: as the agent tells it and as the price book computes it, by model, for a session, and for
// a run that is cancelled half way.
import assert from 'node:assert/strict';
import { createSessionManager, type Cost } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

await using example = await setUpExample('cost-tracking', []);
const { providerName, runOptions } = example;
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [example.provider],
  // Amp doesn't say which model it uses; whoever knows can say what to price it as.
  prices: { unnamed: { amp: 'claude-sonnet-4-5' } },
});
const usage = { input: 2000, output: 100, cacheRead: 500 };

example.say([{ text: 'The capital of France is Paris.', usage }]);
const session = await manager.createSession();
const first = await session.run('What is the capital of France? Answer in one sentence.', runOptions);
const result = await first.result;
assert.equal(result.status, 'completed');
print('first run', result.cost);
for await (const event of first) {
  if (event.type !== 'token_usage_updated') continue;
  const models = Object.entries(event.data.byModel ?? {}).map(
    ([model, used]) =>
      `${model}: ${used.inputTokens} in, ${used.cacheReadTokens} cached, ${used.outputTokens} out`,
  );
  console.log(`  so far ${event.data.cost?.usd ?? 'unpriced'} USD; ${models.join('; ')}`);
}

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
  assert.equal(rows.length, 2);
}

function print(what: string, cost: Cost | undefined): void {
  const { usd = 'nobody knows how many', source, computed, unpriced = [] } = cost ?? {};
  console.log(
    `${what}: ${usd} USD (${source}); by list prices ${computed ?? 'unknown'} ${unpriced.join(' ')}`,
  );
}
