import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Authorization } from '../../domain/tool.ts';
import type { ProviderCase } from './provider-case.ts';

const never = (): Promise<Authorization> => new Promise(() => undefined);

/** Tool calls, and who may stop them. */
export const toolCases: readonly ProviderCase[] = [
  {
    name: 'tells the start and the end of a tool call under one id',
    claims: ['tool_events'],
    async run(room) {
      const run = await room.start([{ command: 'echo from-the-tool' }, { say: 'Done.' }]);
      await room.outcome(run);
      const [started, ...moreStarted] = run.ofType('tool_call_started');
      const [completed, ...moreCompleted] = run.ofType('tool_call_completed');
      assert.deepEqual([moreStarted.length, moreCompleted.length], [0, 0], 'one start and one end');
      assert.equal(started?.data.kind, 'execute', 'the kind of a shell command');
      assert.equal(completed?.data.toolCallId, started?.data.toolCallId, 'the ids of start and end');
      assert.equal(completed?.data.tool, started?.data.tool, 'the tool of start and end');
      assert.match(JSON.stringify(completed?.data.output), /from-the-tool/, 'the output');
      assert.ok(
        run.events.findIndex((event) => event === started) <
          run.events.findIndex((event) => event === completed),
      );
    },
  },
  {
    name: 'tells a tool call that failed',
    claims: ['tool_events'],
    async run(room) {
      const run = await room.start([{ command: 'echo in-vain; exit 3' }, { say: 'It failed.' }]);
      await room.outcome(run);
      const [failed] = run.ofType('tool_call_failed');
      assert.equal(failed?.data.reason, 'error', 'the reason');
      assert.equal(failed?.data.toolCallId, run.ofType('tool_call_started')[0]?.data.toolCallId, 'the id');
    },
  },
  {
    name: "puts the run's cookie into the environment of the agent's tools",
    claims: ['tool_events', 'process_isolation'],
    async run(room) {
      const command = `printenv ASM_RUN_COOKIE > '${room.file('cookie')}'`;
      const run = await room.start([{ command }, { say: 'Done.' }]);
      await room.outcome(run);
      assert.equal((await readFile(room.file('cookie'), 'utf8')).trim(), run.request.cookie);
    },
  },
  {
    name: 'asks before a tool runs, and waits for the answer',
    claims: ['approval_before_tool'],
    async run(room) {
      const answer = Promise.withResolvers<Authorization>();
      const command = `touch '${room.file('made')}'`;
      const run = await room.start([{ command }, { say: 'Done.' }], { authorize: () => answer.promise });
      await room.until(() => run.host.questions.length > 0, 'the question');
      const call = run.host.questions[0]?.call;
      assert.equal(call?.command, command, 'the command in the question');
      assert.equal(call?.kind, 'execute', 'the kind in the question');
      assert.equal(await room.exists('made'), false, 'nothing is done while the question is open');
      answer.resolve({ decision: 'allow' });
      await room.outcome(run);
      assert.equal(await room.exists('made'), true, 'it is done after the answer');
      assert.equal(run.host.questions.length, 1, 'questions about one call');
      assert.equal(
        run.ofType('tool_call_completed')[0]?.data.toolCallId,
        call?.id,
        'the id of question and end',
      );
    },
  },
  {
    name: 'tells of a tool call before its result, where it does not ask about all of them',
    observes: 'approval_before_tool',
    async run(room) {
      const run = await room.start([{ command: `touch '${room.file('made')}'` }, { say: 'Done.' }]);
      await room.outcome(run);
      assert.equal(await room.exists('made'), true, 'it is done');
      const ends = run.ofType('tool_call_completed').map((event) => event.data.toolCallId);
      const starts = run.ofType('tool_call_started').map((event) => event.data.toolCallId);
      assert.deepEqual(ends, starts, 'each call has a start and an end');
      assert.equal(ends.length, 1, 'calls');
    },
  },
  {
    name: 'asks about commands that change nothing, too',
    claims: ['approval_before_tool'],
    async run(room) {
      const run = await room.start([{ command: 'ls' }, { say: 'Done.' }]);
      await room.outcome(run);
      assert.equal(run.host.questions[0]?.call.command, 'ls', 'the command in the question');
    },
  },
  {
    name: 'does not run a tool that was denied, and goes on',
    claims: ['approval_before_tool'],
    async run(room) {
      const command = `touch '${room.file('made')}'`;
      const authorize = (): Authorization => ({ decision: 'deny', reason: 'Not on a Monday.' });
      const run = await room.start([{ command }, { say: 'Understood.' }], { authorize });
      const outcome = await room.outcome(run);
      assert.equal(outcome.output, 'Understood.');
      assert.equal(await room.exists('made'), false, 'nothing is done');
      const [failed] = run.ofType('tool_call_failed');
      assert.deepEqual(
        [failed?.data.reason, failed?.data.toolCallId],
        ['denied', run.host.questions[0]?.call.id],
      );
      assert.ok(
        room.fixture.heard().some((text) => text.includes('Not on a Monday.')),
        'the model heard the reason',
      );
    },
  },
  {
    name: 'withdraws the question when the run is cancelled, and does not run the tool',
    claims: ['approval_before_tool'],
    async run(room) {
      const command = `touch '${room.file('made')}'`;
      const run = await room.start([{ command }, { say: 'Never.' }], { authorize: never });
      await room.until(() => run.host.questions.length > 0, 'the question');
      run.host.cancel();
      await room.stopped(run);
      assert.equal(run.host.questions[0]?.answer, 'withdrawn', 'the question');
      assert.equal(await room.exists('made'), false, 'nothing is done');
    },
  },
  {
    name: 'runs a tool with the input that was changed',
    claims: ['changed_tool_input'],
    async run(room) {
      const command = `touch '${room.file('asked')}'`;
      const run = await room.start([{ command }, { say: 'Done.' }], {
        authorize: (call) => ({
          decision: 'allow',
          changedInput: room.changeCommand(call, `touch '${room.file('changed')}'`),
        }),
      });
      await room.outcome(run);
      assert.deepEqual(
        [await room.exists('asked'), await room.exists('changed')],
        [false, true],
        'what was done',
      );
    },
  },
  {
    name: 'ends with its processes when it is cancelled while a tool runs',
    claims: ['tool_events'],
    async run(room) {
      const command = `touch '${room.file('begun')}'; sleep 600; touch '${room.file('ended')}'`;
      const run = await room.start([{ command }, { say: 'Never.' }]);
      await room.until(() => room.exists('begun'), 'the begin of the tool');
      run.host.cancel();
      await room.stopped(run);
      assert.equal(await room.exists('ended'), false, 'the tool did not go on');
    },
  },
];
