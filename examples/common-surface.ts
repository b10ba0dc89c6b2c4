// The same program for every agent: two turns of one session, live text, counts by event type, totals.
import assert from 'node:assert/strict';
import { addUsage, createSessionManager, noUsage, totalTokens } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

await using example = await setUpExample('common-surface', [
  { text: 'I look.', tools: [{ tool: 'bash', command: 'echo common ground' }] },
  { text: 'It said: common ground.' },
  { text: 'I said that it said: common ground.' },
]);

console.log('1. a manager with one provider');
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
console.log('2. a session');
const session = await manager.createSession({ provider: example.providerName });

const begun = performance.now();
let used = noUsage;
for (const [step, prompt] of ['Run `echo common ground`.', 'What did you say?'].entries()) {
  console.log(`${step + 3}. run ${step + 1}`);
  await using run = await session.run(prompt, { ...example.runOptions, rules: exampleRules });
  let streamed = '';
  for await (const event of run) {
    if (event.type === 'message_streamed') streamed += event.data.text;
    if (event.type === 'message_received') console.log(`   ${event.data.text}`);
  }
  const result = await run.result;
  assert.equal(result.status, 'completed');
  if (example.provider.capabilities.text_deltas === 'native')
    assert.ok(streamed.endsWith(result.output), 'the text came in pieces before it was whole');
  const counts = new Map<string, number>();
  for (const { type } of (await session.events({ runId: run.id, limit: 1_000 })).events)
    counts.set(type, (counts.get(type) ?? 0) + 1);
  assert.match(result.output, /common ground/);
  for (const type of ['run_started', 'agent_started', 'run_completed'])
    assert.equal(counts.get(type), 1, type);
  assert.equal(counts.get('tool_call_completed') ?? 0, step === 0 ? 1 : 0);
  used = addUsage(used, result.usage);
  console.log(`   ${JSON.stringify(Object.fromEntries(counts))}`);
}

console.log('5. what is stored');
const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
const page = await session.events({ limit: 1_000 });
assert.equal(page.events.length, latestSeq, 'the log has no gap');
const runs = await session.runs();
assert.deepEqual(
  runs.map(({ status }) => status),
  ['completed', 'completed'],
);
assert.ok(used.inputTokens > 0 && used.outputTokens > 0);
console.log(
  `   ${runs.length} runs, ${latestSeq} events, ${used.inputTokens} tokens in, ${used.outputTokens} out, ` +
    `${totalTokens(used)} in all, ${Math.round(performance.now() - begun)} ms`,
);

console.log('6. the session is completed');
assert.equal((await session.complete()).status, 'completed');
