import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callOf, memory, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { parkingProvider } from '../../test/manager/parking-provider.ts';
import { temporaryFolder } from '../../test/manager/store-kinds.ts';
import type { ApprovalDecision } from '../domain/approval.ts';
import type { ToolCall } from '../domain/tool.ts';
import type { Policy } from '../policy/policy.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import { createSessionManager } from './session-manager.ts';

const minute = 60_000;
const policy: Policy = { name: 'team', action: 'request_approval', rules: { deny: ['bash(rm)'] } };
const reason = 'The policy team forbids it by the rule bash(rm): it runs rm.';
const violation = {
  policy: 'team',
  kind: 'tool_denied',
  action: 'request_approval',
  details: { rule: 'deny bash(rm)', layer: 'gated' },
};
const report = { name: 'team', action: 'request_approval', violations: [violation], violationCount: 1 };

describe('a call that a policy wants a person to allow', () => {
  it.each<[ApprovalDecision, readonly string[]]>([
    [{ as: 'allow' }, ['rm x', 'ls']],
    [{ as: 'deny', message: 'Use git rm.' }, ['ls']],
  ])('waits at the approval desk in every mode, and its answer counts: %j', async (decision, expected) => {
    await using room = await openApprovalRoom([callOf('rm x'), callOf('ls')]);
    const run = await room.run({ policy, permissionMode: 'dangerously_skip_permissions' });
    const id = await pendingId(room.manager);
    expect(await room.manager.approvals.get(id)).toMatchObject({ reason, call: { command: 'rm x' } });
    expect(room.ran).toEqual([]);
    await room.manager.approvals.decide(id, decision, { by: 'ada' });
    expect(await run.result).toMatchObject({ status: 'completed', policy: report });
    expect(room.ran).toMatchObject(expected.map((command) => ({ command })));
    const { events } = await room.log();
    expect(events.filter(({ type }) => type === 'policy_violated')).toMatchObject([{ data: violation }]);
    expect(events.find(({ type }) => type === 'tool_call_decided')).toMatchObject({
      data: { decision: decision.as, by: 'approval', approvalId: id },
    });
  });

  it('is refused when its time is over, and the result keeps what was violated', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('rm x')], memory, clock);
    const run = await room.run({ policy, permissionMode: 'full_auto', approvals: { deadline: minute } });
    const id = await pendingId(room.manager);
    clock.advance(minute);
    expect(await run.result).toMatchObject({ status: 'completed', policy: report });
    expect((await room.manager.approvals.get(id)).status).toBe('expired');
    expect(room.ran).toEqual([]);
  });

  it('is refused without approvals, and with a result that says so', async () => {
    await using room = await openApprovalRoom([callOf('rm x')]);
    const run = await room.run({ policy, permissionMode: 'full_auto', approvals: false });
    expect(await run.result).toMatchObject({ status: 'completed', policy: report });
    expect(room.ran).toEqual([]);
    // The agent is told whose wish it was.
    const decided = await waitForEvent(run, 'tool_call_decided');
    expect(decided).toMatchObject({
      data: { reason: expect.stringMatching(/nobody is there.*The policy /) },
    });
    expect((await room.manager.approvals.list()).rows).toEqual([]);
  });
});

it('keeps what is forbidden forbidden while a question is open, and the same call again is a question of its own', async () => {
  const lineage = { agentId: 'sub', parentToolCallId: 'agent' };
  const answers: string[] = [];
  const provider = scriptedProvider([
    {
      call: async ({ host }) => {
        const ask = async (id: string, tool: Omit<ToolCall, 'id'>): Promise<void> => {
          const { decision } = await host.authorize({ ...tool, id }, { signal: host.signal });
          answers.push(`${id} ${decision}`);
        };
        const first = ask('open', callOf('make x'));
        await ask('forbidden', callOf('true; rm x'));
        await ask('forbidden in a subagent', callOf('rm x', { lineage }));
        const others = [ask('again', callOf('make x')), ask('subagent', callOf('make x', { lineage }))];
        await Promise.all([first, ...others]);
      },
    },
  ]);
  await using manager = await createSessionManager({
    store: memoryStore(),
    providers: [provider],
    approvals: {},
  });
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go', { policy: { ...policy, action: 'warn' } });
  await pendingId(manager, 3);
  expect(answers).toEqual(['forbidden deny', 'forbidden in a subagent deny']);
  const { rows } = await manager.approvals.list({ status: ['pending'] });
  const id = rows.find(({ call }) => call.id === 'open')?.id ?? '';
  await manager.approvals.decide(id, { as: 'allow' });
  await waitForEvent(run, 'tool_approval_granted');
  await pendingId(manager, 2);
  await expect.poll(() => answers, { timeout: 60_000, interval: 5 }).toContain('open allow');
  for (const { id: other } of rows) if (other !== id) await manager.approvals.decide(other, { as: 'deny' });
  expect(await run.result).toMatchObject({ status: 'completed', policy: { violationCount: 2 } });
  expect(answers.toSorted()).toEqual([
    'again deny',
    'forbidden deny',
    'forbidden in a subagent deny',
    'open allow',
    'subagent deny',
  ]);
});

it('lets no call through that came to lead out of the folder while a person was asked', async () => {
  using folder = temporaryFolder();
  const edit = { name: 'Write', tool: 'write', kind: 'edit', input: {}, paths: ['later/file'] } as const;
  await using room = await openApprovalRoom([edit, callOf('y')]);
  const org: Policy = { name: 'org', action: 'warn', rules: { deny: ['*(outside .)'] } };
  const run = await room.run({ cwd: folder.path, policy: org });
  const id = await pendingId(room.manager);
  await symlink('/var', join(folder.path, 'later'));
  await room.manager.approvals.decide(id, { as: 'allow' });
  const next = await pendingId(room.manager);
  expect(next).not.toBe(id);
  expect(room.ran).toEqual([]);
  expect(await room.manager.approvals.get(id)).toMatchObject({ spentAt: expect.any(Number) });
  await room.manager.approvals.decide(next, { as: 'allow' });
  expect(await run.result).toMatchObject({
    policy: { violationCount: 1, violations: [{ kind: 'tool_denied', details: { layer: 'gated' } }] },
  });
  expect(room.ran).toHaveLength(1);
  const { events } = await room.log();
  const decided = events.flatMap((event) => (event.type === 'tool_call_decided' ? [event.data] : []));
  expect(decided).toMatchObject([{ decision: 'deny', by: 'policy', approvalId: id }, { decision: 'allow' }]);
});

describe("a policy's limit of time", () => {
  const limits: Policy = { name: 'org', limits: { duration: minute } };
  const patient = { limits: { idle: 0 }, permissionMode: 'default' } as const;

  it('stands still while a person is asked, and goes on after the answer', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x'), callOf('y')], memory, clock);
    const run = await room.run({ ...patient, policy: limits });
    const id = await pendingId(room.manager);
    clock.advance(60 * minute);
    await room.manager.approvals.decide(id, { as: 'allow' });
    await expect.poll(() => room.ran.length, { timeout: 60_000, interval: 5 }).toBe(1);
    await room.manager.approvals.decide(await pendingId(room.manager), { as: 'allow' });
    expect(await run.result).toMatchObject({ status: 'completed', policy: { violationCount: 0 } });
  });

  it('counts what the run works before, between and after its questions', async () => {
    const clock = createTestClock();
    const work = async (milliseconds: number): Promise<void> => clock.advance(milliseconds);
    const answers: (() => void)[] = [];
    const authorize: CommonRunOptions['authorize'] = async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      answers.push(resolve);
      await promise;
      return { decision: 'allow' };
    };
    await using room = await openApprovalRoom([callOf('x'), callOf('y')], memory, clock, {
      beforeCall: async () => await work(40_000),
    });
    const run = await room.run({ ...patient, policy: limits, authorize });
    await expect.poll(() => answers.length, { timeout: 60_000, interval: 5 }).toBe(1);
    clock.advance(60 * minute);
    answers[0]?.();
    expect(await run.result).toMatchObject({
      status: 'failed',
      error: { code: 'policy_violation', details: { limit: 'duration', most: minute, policy: 'org' } },
    });
    expect(answers).toHaveLength(1);
  });
});

/** A run whose agent was parked for its question, and whose manager is closed; `other` is one that can go on with it. */
async function parkedElsewhere(
  beforeCall: (advance: (time: number) => void) => void,
  options: CommonRunOptions,
  policy?: Policy,
) {
  const clock = createTestClock();
  const store = memoryStore({ clock });
  const provider = parkingProvider({
    beforeCall: async () => beforeCall((time) => clock.advance(time)),
  });
  const open = async (more: { readonly policy?: Policy } = {}) =>
    await createSessionManager({
      ...{ store, clock, providers: [provider], keepOpen: true, ...more },
      approvals: { parkAfter: 0 },
      times: { lease: 1_000 * minute },
      limits: { idle: 0 },
    });
  const asking = await open();
  const session = await asking.createSession({ cwd: '/tmp' });
  const started = await session.run('go', { detached: true, ...options });
  const id = await pendingId(asking);
  clock.advance(0);
  await waitForEvent(started, 'run_parked');
  await asking.close();
  const other = await open(policy === undefined ? {} : { policy });
  return {
    ...{ clock, other, id, ran: provider.ran, runId: started.id },
    log: async () => await checkLog(store, session.id),
    [Symbol.asyncDispose]: async () => await other.close(),
  };
}

describe('a run that goes on in another process', () => {
  const asks: Policy = { name: 'org', limits: { duration: { most: minute, action: 'request_approval' } } };

  it('is held to the decision about its call, although nothing would ask about it any more', async () => {
    await using room = await parkedElsewhere(() => undefined, {
      permissionMode: 'full_auto',
      authorize: () => ({ decision: 'ask' }),
    });
    await room.other.approvals.decide(room.id, { as: 'deny' });
    await room.other.recover({ resume: { authorize: () => ({ decision: 'allow' }) } });
    expect(await (await room.other.getRun(room.runId)).result).toMatchObject({ output: 'deny' });
    expect(room.ran).toEqual([]);
    await room.log();
  });

  it('is held to the policies of who goes on with it, too', async () => {
    const here = { name: 'here', action: 'warn', rules: { deny: ['bash'] } } as const;
    await using room = await parkedElsewhere(() => undefined, {}, here);
    await room.other.approvals.decide(room.id, { as: 'allow' });
    const run = await room.other.executeRun(room.runId);
    expect(await run.result).toMatchObject({ output: 'deny', policy: { name: 'here', violationCount: 1 } });
    expect(room.ran).toEqual([]);
  });

  it('keeps its own policies when others are given', async () => {
    const own: Policy = { name: 'own', limits: { duration: minute } };
    await using room = await parkedElsewhere((advance) => advance(40_000), { policies: [own] });
    await room.other.approvals.decide(room.id, { as: 'allow' });
    const run = await room.other.executeRun(room.runId, { policies: [{ rules: { deny: ['bash(git)'] } }] });
    expect(await run.result).toMatchObject({
      error: { code: 'policy_violation', details: { policy: 'own' } },
    });
    expect(room.ran).toEqual([]);
  });

  it('keeps its violations and the question of a limit', async () => {
    let calls = 0;
    await using room = await parkedElsewhere(
      (advance) => {
        if (calls++ === 0) advance(2 * minute);
      },
      { permissionMode: 'full_auto', policy: asks },
    );
    const { reason: why } = await room.other.approvals.get(room.id);
    expect(why).toContain('sets the limit duration to 60000');
    await room.other.approvals.decide(room.id, { as: 'deny' });
    await room.other.recover();
    const result = await (await room.other.getRun(room.runId)).result;
    expect(result).toMatchObject({ output: 'deny', policy: { name: 'org', violationCount: 1 } });
    expect(room.ran).toEqual([]);
    const { events } = await room.log();
    expect(events.filter(({ type }) => type === 'policy_violated')).toHaveLength(1);
  });

  it('is held to the time that is left, without that in which it waited or was parked', async () => {
    const limits: Policy = { name: 'org', limits: { duration: minute } };
    await using room = await parkedElsewhere((advance) => advance(40_000), { policy: limits });
    room.clock.advance(60 * minute);
    await room.other.approvals.decide(room.id, { as: 'allow' });
    await room.other.recover();
    const result = await (await room.other.getRun(room.runId)).result;
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'policy_violation', details: { limit: 'duration' } },
    });
    expect(room.ran).toEqual([]);
  });

  it.each<[string, CommonRunOptions]>([
    ['a policy', { policy: { name: 'org', limits: { duration: 100_000 } } }],
    ['the run', { limits: { idle: 0, total: 100_000 } }],
  ])('has the time in which its caller was asked not counted by the limit of %s', async (_whose, options) => {
    const ask: CommonRunOptions['authorize'] = async () => {
      advanceWhileAsked();
      return { decision: 'ask' };
    };
    let advanceWhileAsked = (): void => undefined;
    await using room = await parkedElsewhere(
      (advance) => {
        advance(40_000);
        advanceWhileAsked = () => advance(60 * minute);
      },
      { ...options, authorize: ask },
    );
    room.clock.advance(60 * minute);
    await room.other.approvals.decide(room.id, { as: 'allow' });
    await room.other.recover({ resume: { authorize: () => ({ decision: 'ask' }) } });
    expect(await (await room.other.getRun(room.runId)).result).toMatchObject({
      status: 'completed',
      output: 'allow',
    });
    expect(room.ran).toHaveLength(1);
    await room.log();
  });

  it('is held to what is left of its own limit of time', async () => {
    await using room = await parkedElsewhere((advance) => advance(40_000), {
      limits: { idle: 0, total: minute },
    });
    room.clock.advance(60 * minute);
    await room.other.approvals.decide(room.id, { as: 'allow' });
    await room.other.recover();
    expect(await (await room.other.getRun(room.runId)).result).toMatchObject({
      status: 'timed_out',
      error: { code: 'timed_out' },
    });
    expect(room.ran).toEqual([]);
    await room.log();
  });
});
