// The same program for every agent: two turns of one session, live text, counts by event type, totals.
import assert from 'node:assert/strict';
import { createSessionManager, totalTokens } from '../src/index.ts';
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

let tokens = 0;
for (const [step, prompt] of ['Run `echo common ground`.', 'What did you say?'].entries()) {
  console.log(`${step + 3}. run ${step + 1}`);
  await using run = await session.run(prompt, { ...example.runOptions, rules: exampleRules });
  const counts = new Map<string, number>();
  for await (const event of run) {
    counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
    if (event.type === 'message_received') console.log(`   ${event.data.text}`);
  }
  const result = await run.result;
  assert.equal(result.status, 'completed');
  assert.match(result.output, /common ground/);
  for (const type of ['run_started', 'agent_started', 'run_completed'])
    assert.equal(counts.get(type), 1, type);
  assert.equal(counts.get('tool_call_completed') ?? 0, step === 0 ? 1 : 0);
  tokens += totalTokens(result.usage);
  console.log(`   ${JSON.stringify(Object.fromEntries(counts))}`);
}

console.log('5. what is stored');
const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
const page = await session.events({ limit: 1_000 });
assert.equal(page.events.length, latestSeq, 'the log has no gap');
assert.equal((await session.runs()).length, 2);
assert.ok(tokens > 0);
console.log(`   2 runs, ${latestSeq} events, ${tokens} tokens`);

console.log('6. the session is completed');
assert.equal((await session.complete()).status, 'completed');
