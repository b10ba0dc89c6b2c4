// Interrupts a long answer in the middle. The run really ends as interrupted, and the next one in the same
// session knows what was said.
import assert from 'node:assert/strict';
import { createSessionControl, createSessionManager, createSessionServer } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

const count = Array.from({ length: 400 }, (_, index) => `number ${index + 1}, `).join('');
await using example = await setUpExample('interactive-interrupt', [
  { text: 'I begin.', tools: [{ tool: 'bash', command: 'echo ready' }] },
  { text: count, chunks: 400, chunkDelay: 50 },
]);
await using manager = await createSessionManager({
  store: memoryStore(),
  providers: [example.provider],
  deltas: 'each',
});
await using server = await createSessionServer(manager, {
  session: {},
  runOptions: { ...example.runOptions, rules: exampleRules },
});
const control = createSessionControl(manager, { by: 'the example' });

const question = 'Run `echo ready`, then count from 1 to 400 in words: number 1, number 2, and so on.';
const { id } = await server.submitRun(question);
// An agent that writes whole messages shows nothing of its answer before that is done.
const streams = example.provider.capabilities.text_deltas !== 'unsupported';
let ready = false;
let chunks = 0;
for await (const event of server.subscribe({ runId: id })) {
  if (event.type === 'tool_call_completed') ready = true;
  if (ready && event.type === 'message_streamed') chunks++;
  if (ready && (streams ? chunks === 5 : event.type === 'tool_call_completed')) break;
  assert.notEqual(event.type, 'run_completed', 'the answer is longer than that');
}
console.log(`interrupting after ${chunks} chunks`);
const report = await control.interrupt(id);
console.log(`the run was ${report.as}`);
assert.equal(report.as, 'interrupted', JSON.stringify(report));
assert.ok(report.as === 'interrupted' && report.result.status === 'completed' && report.result.interrupted);
assert.equal((await control.interrupt(id)).as, 'too_late');

example.say([{ text: 'You asked me to count, and I was stopped.' }]);
const next = await server.executeRun(
  'What had I asked you to do? Answer in one sentence.',
  {},
  { timeout: 300_000 },
);
assert.equal(next.status, 'completed', JSON.stringify(next));
assert.match(next.output, /count/i);
console.log(`next run: ${next.output}`);
if (example.model !== undefined) {
  const told = JSON.stringify(example.model.mainRequests.at(-1)?.body);
  assert.ok(told.includes('count from 1 to 400'), 'the agent was told what had been asked');
}

const session = await manager.getSession(server.sessionId);
const ends = await session.events({
  types: ['run_completed', 'run_failed', 'run_cancelled', 'run_timed_out'],
});
assert.deepEqual(
  ends.events.map((event) => [event.runId, event.type === 'run_completed' && event.data.interrupted]),
  [
    [id, true],
    [next.runId, false],
  ],
);
const { records } = await control.history(server.sessionId);
assert.deepEqual(
  records.map(({ operation, by, outcome }) => ({ operation, by, outcome })),
  [{ operation: 'interrupt', by: 'the example', outcome: 'done' }],
);
console.log('history: interrupt, asked by the example, done');
