import assert from 'node:assert/strict';
import type { Authorization } from '../../domain/tool.ts';
import type { ProviderCase } from './provider-case.ts';

const never = (): Promise<Authorization> => new Promise(() => undefined);

/** Tool calls, and who may stop them. */
export const toolCases: readonly ProviderCase[] = [
  {
    name: 'tells the start and the end of a tool call under one id',
    claims: ['tool_events'],
    async look({ plain }) {
      const run = await plain();
      const completed = run
        .ofType('tool_call_completed')
        .find(({ data }) => JSON.stringify(data.output).includes('from-the-tool'));
      assert.ok(completed, 'the end of the call, with its output');
      const { toolCallId, tool } = completed.data;
      const starts = run.ofType('tool_call_started').filter(({ data }) => data.toolCallId === toolCallId);
      const ends = run.ofType('tool_call_completed').filter(({ data }) => data.toolCallId === toolCallId);
      assert.deepEqual([starts.length, ends.length], [1, 1], 'one start and one end');
      assert.equal(starts[0]?.data.kind, 'execute', 'the kind of a shell command');
      assert.equal(starts[0].data.tool, tool, 'the tool of start and end');
      assert.ok(
        run.events.findIndex((event) => event === starts[0]) < run.events.indexOf(completed),
        'their order',
      );
    },
  },
  {
    name: 'tells a tool call that failed',
    claims: ['tool_events'],
    async look({ plain }) {
      const run = await plain();
      const [failed, ...more] = run.ofType('tool_call_failed');
      assert.equal(failed?.data.reason, 'error', 'the reason');
      assert.equal(more.length, 0, 'calls that failed, besides the one that should');
      const start = run
        .ofType('tool_call_started')
        .find(({ data }) => data.toolCallId === failed.data.toolCallId);
      assert.match(JSON.stringify(start?.data.input), /in-vain/, 'the call with its id');
    },
  },
  {
    name: "puts the run's cookie into the environment of the agent's tools",
    claims: ['tool_events', 'process_isolation'],
    async look({ plain }) {
      const run = await plain();
      assert.equal(run.cookie, run.request.cookie);
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
    async look({ plain }) {
      const run = await plain();
      assert.equal(run.cookie !== undefined, true, 'the command was run');
      const starts = run.ofType('tool_call_started');
      const commands = run.steps.filter((step) => 'command' in step);
      assert.equal(starts.length, commands.length, 'calls');
      for (const { data } of starts) {
        const own = run.events.flatMap((event) =>
          'toolCallId' in event.data && event.data.toolCallId === data.toolCallId ? [event.type] : [],
        );
        assert.equal(own[0], 'tool_call_started', 'the first event of a call');
        assert.match(own.at(-1) ?? '', /^tool_call_(completed|failed)$/, 'the last event of a call');
      }
    },
  },
  {
    name: 'asks about commands that change nothing, too',
    claims: ['approval_before_tool'],
    async look({ plain }) {
      const asked = (await plain()).host.questions.map(({ call }) => call.command);
      assert.equal(
        asked.filter((command) => command === 'ls').length,
        1,
        `questions about ls among: ${asked.join(', ')}`,
      );
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
