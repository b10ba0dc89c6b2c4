// Interrupts a long answer in the middle, and cancels another. The first really ends as interrupted, the second as
// cancelled, and the runs after them in the same session know what was said. `--delay 4` waits 4 s before each.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSessionControl, createSessionManager, createSessionServer, type RunId } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

const count = Array.from({ length: 400 }, (_, index) => `number ${index + 1}, `).join('');
const { values } = parseArgs({ strict: false, options: { delay: { type: 'string', default: '0' } } });
await using example = await setUpExample('interactive-interrupt', []);
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
// An agent that writes whole messages shows nothing of its answer before that is done.
const streams = example.provider.capabilities.text_deltas !== 'unsupported';

/** Starts a run, waits until it is in the middle of its answer, and gives its id. */
async function inTheMiddle(): Promise<RunId> {
  example.say([
    { text: 'I begin.', tools: [{ tool: 'bash', command: 'echo ready' }] },
    { text: count, chunks: 400, chunkDelay: 50 },
  ]);
  const { id } = await server.submitRun(question);
  let ready = false;
  let chunks = 0;
  for await (const event of server.subscribe({ runId: id })) {
    if (event.type === 'tool_call_completed') ready = true;
    if (ready && event.type === 'message_streamed') chunks++;
    if (ready && (streams ? chunks === 5 : event.type === 'tool_call_completed')) break;
    assert.notEqual(event.type, 'run_completed', 'the answer is longer than that');
  }
  await setTimeout(Number(values.delay) * 1_000);
  console.log(`stopping after ${chunks} chunks`);
  return id;
}

/** Asks what was asked before, and shows that the agent knows it. */
async function follow(continuation: 'auto' | 'replay'): Promise<RunId> {
  example.say([{ text: 'You asked me to count, and I was stopped.' }]);
  const what = 'What had I asked you to do? Answer in one sentence.';
  const next = await server.executeRun(what, { continuation }, { timeout: 300_000 });
  assert.equal(next.status, 'completed', JSON.stringify(next));
  assert.match(next.output, /count/i);
  console.log(`next run (${continuation}): ${next.output}`);
  if (example.model !== undefined) {
    const told = JSON.stringify(example.model.mainRequests.at(-1)?.body);
    assert.ok(told.includes('count from 1 to 400'), 'the agent was told what had been asked');
  }
  return next.runId;
}

const interrupted = await inTheMiddle();
const report = await control.interrupt(interrupted);
console.log(`the run was ${report.as}`);
assert.equal(report.as, 'interrupted', JSON.stringify(report));
assert.ok(report.as === 'interrupted' && report.result.status === 'completed' && report.result.interrupted);
assert.equal((await control.interrupt(interrupted)).as, 'too_late');
const afterInterrupt = await follow('auto');

const cancelled = await inTheMiddle();
const end = await control.cancel(cancelled, 'We have heard enough.');
console.log(`the run was ${end.as}`);
assert.ok(end.as === 'cancelled' && end.result.status === 'cancelled', JSON.stringify(end));
const afterCancel = await follow('replay');

const session = await manager.getSession(server.sessionId);
const { events } = await session.events({ limit: 1_000 });
for (const id of [interrupted, afterInterrupt, cancelled, afterCancel]) {
  const counts = new Map<string, number>();
  for (const { runId, type } of events) if (runId === id) counts.set(type, (counts.get(type) ?? 0) + 1);
  console.log(`${id}: ${[...counts].map(([type, times]) => `${type} ${times}`).join(', ')}`);
}
// Exactly one end of each, in the order of the runs.
const ends = ['run_completed', 'run_failed', 'run_cancelled', 'run_timed_out'];
assert.deepEqual(
  events
    .filter(({ type }) => ends.includes(type))
    .map((event) => [event.runId, event.type, event.type === 'run_completed' && event.data.interrupted]),
  [
    [interrupted, 'run_completed', true],
    [afterInterrupt, 'run_completed', false],
    [cancelled, 'run_cancelled', false],
    [afterCancel, 'run_completed', false],
  ],
);
const { rows } = await manager.runs({ sessionId: server.sessionId });
const [input, output] = [
  rows.map(({ usage }) => usage.inputTokens),
  rows.map(({ usage }) => usage.outputTokens),
];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
console.log(`${rows.length} runs: ${sum(input)} tokens in, ${sum(output)} out`);
assert.equal(rows.length, 4);
assert.ok(sum(input) > 0 && sum(output) > 0, 'stopped runs have used something, too');

const { records } = await control.history(server.sessionId);
assert.deepEqual(
  records.map(({ operation, by, outcome }) => ({ operation, by, outcome })),
  ['interrupt', 'cancel'].map((operation) => ({ operation, by: 'the example', outcome: 'done' })),
);
console.log('history: interrupt and cancel, asked by the example, done');
