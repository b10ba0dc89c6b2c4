import { describe, expect, it } from 'vitest';
import { callOf, memory, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import { waitForEvent } from '../../test/manager/log-check.ts';
import { storeKinds, temporaryFolder } from '../../test/manager/store-kinds.ts';
import type { ApprovalDecision } from '../domain/approval.ts';
import type { Event } from '../domain/event.ts';
import type { ToolCall } from '../domain/tool.ts';
import { createTestClock, type TestClock } from '../testing/deterministic-clock.ts';
import type { ProviderScript } from '../testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const day = 24 * 60 * 60_000;

describe.each(storeKinds)('an approval on $name', (kind) => {
  it('holds the call until another manager allows it', async () => {
    await using room = await openApprovalRoom([callOf('make file')], kind);
    await using other = await room.open();
    const run = await room.run();
    const id = await pendingId(other);
    expect(await other.approvals.get(id)).toMatchObject({
      status: 'pending',
      runId: run.id,
      call: { name: 'Bash', tool: 'bash', input: { command: 'make file' } },
      reason: 'Bash needs a permission.',
      onExpiry: 'deny',
    });
    expect(await run.read()).toMatchObject({ status: 'running', waitingFor: 'approval' });
    expect(room.ran).toEqual([]);
    const decided = await other.approvals.decide(id, { as: 'allow' }, { by: 'ada', reason: 'looks fine' });
    expect(decided).toMatchObject({ status: 'granted', decidedBy: 'ada', decisionReason: 'looks fine' });
    expect((await run.result).status).toBe('completed');
    expect(room.ran).toEqual([callOf('make file').input]);
    expect(await run.read()).not.toHaveProperty('waitingFor');
    expect(await other.approvals.get(id)).toMatchObject({ spentAt: expect.any(Number) });
    const { events } = await room.log();
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('tool_'))).toEqual([
      'tool_call_started',
      'tool_approval_requested',
      'tool_approval_granted',
      'tool_call_decided',
      'tool_call_completed',
    ]);
    expect(events.find(({ type }) => type === 'tool_call_decided')).toMatchObject({
      data: { decision: 'allow', by: 'approval', approvalId: id },
    });
  });

  it('takes the first of many answers; each of the others is a conflict', async () => {
    await using room = await openApprovalRoom([callOf('x')], kind);
    await using other = await room.open();
    const run = await room.run();
    const id = await pendingId(room.manager);
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? room.manager : other).approvals.decide(
          id,
          index < 4 ? { as: 'allow' } : { as: 'deny' },
          { by: String(index) },
        ),
      ),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 7 }, () => expect.objectContaining({ code: 'conflict' })),
    );
    await run.result;
    await expect(other.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
      code: expect.stringMatching(/^conflict$/),
    });
    const { events } = await room.log();
    const answered = events.filter(({ type }) => /^tool_approval_(granted|denied)$/.test(type));
    expect(answered).toHaveLength(1);
    expect(room.ran).toHaveLength(answered[0]?.type === 'tool_approval_granted' ? 1 : 0);
  });
});

describe('a decision', () => {
  /** What one call came to. */
  async function decide(call: Omit<ToolCall, 'id'>, decision: ApprovalDecision) {
    await using room = await openApprovalRoom([call]);
    const run = await room.run();
    await room.manager.approvals.decide(await pendingId(room.manager), decision);
    const result = await run.result;
    const { events } = await room.log();
    const decided = events.find((event) => event.type === 'tool_call_decided');
    return { ran: room.ran, result, decided: decided?.data };
  }

  it('with another input runs that one, and only that', async () => {
    const input = { command: 'ls' };
    const { ran, decided } = await decide(callOf('rm'), { as: 'allow', input });
    expect(ran).toEqual([input]);
    expect(decided).toMatchObject({ decision: 'allow', changedInput: input });
  });
  it('to deny tells the agent why, and the run goes on', async () => {
    const { ran, result, decided } = await decide(callOf('rm'), { as: 'deny', message: 'Use git rm.' });
    expect(ran).toEqual([]);
    expect(result.status).toBe('completed');
    expect(decided).toMatchObject({ decision: 'deny', by: 'approval', reason: 'Use git rm.' });
  });
  it('to deny and stop ends the run as cancelled', async () => {
    const { ran, result } = await decide(callOf('rm'), { as: 'deny', message: 'Enough.', stop: true });
    expect(ran).toEqual([]);
    expect(result).toMatchObject({ status: 'cancelled' });
  });
  it('answers a question of the agent', async () => {
    const questions = [{ question: 'Which?', options: ['A', 'B'] }];
    const call = {
      name: 'AskUserQuestion',
      tool: 'ask_user',
      kind: 'question',
      input: { questions },
    } as const;
    const answers = { 'Which?': 'B' };
    const { ran } = await decide(call, { as: 'answer', answers });
    expect(ran).toEqual([{ questions, answers }]);
  });
});

describe('a grant that lasts', () => {
  /** How many people were asked while these calls were made, the first of them decided so. */
  async function asked(
    calls: readonly Omit<ToolCall, 'id'>[],
    decision: ApprovalDecision,
    clock?: TestClock,
  ) {
    await using room = await openApprovalRoom(calls, memory, clock);
    const run = await room.run();
    await room.manager.approvals.decide(await pendingId(room.manager), decision);
    let over = false;
    void run.result.then(() => (over = true));
    for (let count = 1; ;) {
      await expect
        .poll(
          async () => over || (await room.manager.approvals.list({ status: ['pending'] })).rows.length === 1,
          {
            timeout: 60_000,
            interval: 5,
          },
        )
        .toBe(true);
      if (over) return { count, ran: room.ran.length };
      count++;
      await room.manager.approvals.decide(await pendingId(room.manager), { as: 'deny' });
    }
  }

  it('for once is for once: the same call again is asked anew', async () => {
    expect(await asked([callOf('x'), callOf('x')], { as: 'allow' })).toEqual({ count: 2, ran: 1 });
  });
  it('for the session lets the same call through, whatever its title, and no other', async () => {
    const again = callOf('x', { input: { description: 'Another title', command: 'x' } });
    const calls = [callOf('x'), again, callOf('y'), callOf('x', { tool: 'sh' }), callOf('x')];
    expect(await asked(calls, { as: 'allow_session' })).toEqual({ count: 3, ran: 3 });
  });
  it('by a pattern lets through what the rule allows', async () => {
    const rule = { tool: 'bash', program: 'git', arguments: ['status'] };
    const calls = ['git status', 'git status -s', 'git push', 'git status; git push', 'git status'].map(
      (command) => callOf(command),
    );
    const until = Date.now() + day;
    expect(await asked(calls, { as: 'allow_pattern', rule, until })).toEqual({ count: 3, ran: 3 });
  });
  it('by a pattern with a folder holds for that folder, not for the one of another run', async () => {
    using here = temporaryFolder();
    using there = temporaryFolder();
    const edit = { name: 'Write', tool: 'write', kind: 'edit', input: {}, paths: ['file'] } as const;
    await using room = await openApprovalRoom([edit, edit]);
    const first = await room.run({ cwd: here.path });
    const decision = {
      as: 'allow_pattern',
      rule: { tool: 'write', inside: '.' },
      until: Date.now() + day,
    } as const;
    await room.manager.approvals.decide(await pendingId(room.manager), decision);
    expect((await first.result).status).toBe('completed');
    expect(room.ran).toHaveLength(2);
    await room.run({ cwd: there.path });
    await pendingId(room.manager);
    expect(room.ran).toHaveLength(2);
  });
  it('by a pattern ends at its time', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x'), callOf('x')], memory, clock);
    const decision = { as: 'allow_pattern', rule: { tool: 'bash' }, until: clock.now() + 1_000 } as const;
    const first = await room.run();
    await room.manager.approvals.decide(await pendingId(room.manager), decision);
    await first.result;
    expect(room.ran).toHaveLength(2);
    clock.advance(1_000);
    await room.run();
    await pendingId(room.manager);
    expect(room.ran).toHaveLength(2);
  });
  it('holds in later runs of its session, and in no other session', async () => {
    await using room = await openApprovalRoom([callOf('x')]);
    const first = await room.run();
    await room.manager.approvals.decide(await pendingId(room.manager), { as: 'allow_session' });
    await first.result;
    expect((await (await room.run()).result).status).toBe('completed');
    expect(room.ran).toHaveLength(2);
    const fork = await room.session.fork();
    await fork.run('go', { continuation: 'fresh' });
    await pendingId(room.manager);
    expect(room.ran).toHaveLength(2);
  });
});

describe('a question', () => {
  it('that nobody answers is refused when its time is over, and an answer then comes too late', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x')], memory, clock);
    const run = await room.run({ limits: { idle: 1_000, total: 2_000 } });
    const id = await pendingId(room.manager);
    // The times of the agent stand still meanwhile.
    clock.advance(day - 1);
    expect((await room.manager.approvals.get(id)).status).toBe('pending');
    clock.advance(1);
    expect((await run.result).status).toBe('completed');
    expect(room.ran).toEqual([]);
    expect(await room.manager.approvals.get(id)).toMatchObject({ status: 'expired', spentAt: clock.now() });
    await expect(room.manager.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_expired',
    });
    const { events } = await room.log();
    expect(events.map(({ type }) => type)).toContain('tool_approval_expired');
  });

  it('may be allowed when its time is over, if the run says so', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x')], memory, clock);
    const run = await room.run({ approvals: { deadline: 50, onExpiry: 'allow' } });
    await pendingId(room.manager);
    clock.advance(50);
    await run.result;
    expect(room.ran).toHaveLength(1);
  });

  it('keeps its time when the wall clock jumps; a late answer by that clock is refused', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x')], memory, clock);
    const run = await room.run({ approvals: { deadline: 1_000 } });
    const id = await pendingId(room.manager);
    clock.setWallTime(clock.now() - 10 * day);
    clock.advance(1_000);
    expect((await run.result).status).toBe('completed');
    expect((await room.manager.approvals.get(id)).status).toBe('expired');

    const later = await room.run({ approvals: { deadline: 1_000 } });
    const second = await pendingId(room.manager);
    clock.setWallTime(clock.now() + 10 * day);
    await expect(room.manager.approvals.decide(second, { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_expired',
    });
    clock.advance(1_000);
    await later.result;
    expect(room.ran).toEqual([]);
  });

  it('is withdrawn when its run is cancelled, and can no longer be answered', async () => {
    await using room = await openApprovalRoom([callOf('x')]);
    const run = await room.run();
    const id = await pendingId(room.manager);
    expect((await run.cancel('over')).status).toBe('cancelled');
    expect(await room.manager.approvals.get(id)).toMatchObject({ status: 'withdrawn' });
    await expect(room.manager.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
      code: 'invalid_operation',
    });
    const { events } = await room.log();
    expect(events.map(({ type }) => type)).toContain('tool_approval_withdrawn');
    expect(events.at(-1)?.type).toBe('run_cancelled');
    expect(room.ran).toEqual([]);
  });

  it('is withdrawn when its agent takes it back', async () => {
    const place = memory.place();
    await using manager = await createSessionManager({
      store: place.open(),
      providers: [
        scriptedProvider([
          {
            call: async ({ host }) => {
              const takesBack = new AbortController();
              const asking = host.authorize({ ...callOf('x'), id: 'c' }, { signal: takesBack.signal });
              await pendingId(manager);
              takesBack.abort();
              await expect(asking).rejects.toMatchObject({ code: 'cancelled' });
            },
          },
          { say: 'never mind' },
        ]),
      ],
    });
    const session = await manager.createSession({ cwd: '/tmp' });
    const run = await session.run('go', { approvals: {} });
    expect((await run.result).output).toBe('never mind');
    expect((await manager.approvals.list()).rows).toMatchObject([{ status: 'withdrawn' }]);
    expect(await run.read()).not.toHaveProperty('waitingFor');
  });

  it('is asked where the function of the caller wants a person, also without the option', async () => {
    await using room = await openApprovalRoom([callOf('x')]);
    const run = await room.run({
      approvals: false,
      authorize: () => ({ decision: 'ask', reason: 'It touches production.' }),
    });
    const id = await pendingId(room.manager);
    expect((await room.manager.approvals.get(id)).reason).toBe('It touches production.');
    await room.manager.approvals.decide(id, { as: 'allow' });
    await run.result;
    expect(room.ran).toHaveLength(1);
  });

  it('is not asked without approvals: the call is refused', async () => {
    await using room = await openApprovalRoom([callOf('x')]);
    const run = await room.run({ approvals: false });
    expect((await run.result).status).toBe('completed');
    expect(room.ran).toEqual([]);
    expect((await room.manager.approvals.list()).rows).toEqual([]);
  });

  it('says why its rule asks', async () => {
    await using room = await openApprovalRoom([callOf('git push')]);
    await room.run({ permissionMode: 'full_auto', rules: { ask: [{ tool: 'bash', program: 'git' }] } });
    const id = await pendingId(room.manager);
    expect((await room.manager.approvals.get(id)).reason).toContain('bash(git) asks for it');
  });
});

it('two calls that wait at once are answered each for itself', async () => {
  const place = memory.place();
  const ran: string[] = [];
  const script: ProviderScript = [
    {
      call: async ({ host }) => {
        const asked = ['a', 'b', 'c'].map(async (id) => {
          const answer = await host.authorize({ ...callOf(id), id }, { signal: host.signal });
          if (answer.decision === 'allow') ran.push(id);
        });
        await Promise.all(asked);
      },
    },
  ];
  await using manager = await createSessionManager({
    store: place.open(),
    providers: [scriptedProvider(script)],
    approvals: {},
  });
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go');
  await pendingId(manager, 3);
  const { rows } = await manager.approvals.list();
  await Promise.all(
    rows.map(({ id, call }) =>
      manager.approvals.decide(id, call.command === 'b' ? { as: 'deny' } : { as: 'allow' }),
    ),
  );
  expect((await run.result).status).toBe('completed');
  expect(ran.toSorted()).toEqual(['a', 'c']);
  expect(await run.read()).not.toHaveProperty('waitingFor');
  const requested = (await waitForEvent(run, 'tool_approval_requested')) as Event<'tool_approval_requested'>;
  expect(requested.data.reason).toBe('Bash needs a permission.');
});
