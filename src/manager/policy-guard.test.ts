import { describe, expect, it } from 'vitest';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { capabilities } from '../domain/capability.ts';
import type { LogEvent } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Policy } from '../policy/policy.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import { scriptedCapabilities, scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import type { RunResult } from './run-result.ts';
import { createSessionManager } from './session-manager.ts';

function bash(command: string, id?: string): ScriptStep {
  const tool = { name: 'Bash', tool: 'bash', kind: 'execute', input: { command }, command } as const;
  return { tool: { ...tool, ...(id === undefined ? {} : { id }) }, result: { output: command } };
}

const done: ScriptStep = { say: 'Done.' };

interface Ended {
  readonly result: RunResult;
  readonly events: readonly LogEvent[];
  readonly violated: readonly string[];
  readonly ran: readonly unknown[];
}

/** Runs a script to its end, on a clock that stands still. */
async function run(script: readonly ScriptStep[], options: CommonRunOptions): Promise<Ended> {
  const clock = createTestClock();
  const store = memoryStore();
  const table = capabilities({ ...scriptedCapabilities, usage_per_answer: 'native' });
  const providers = [scriptedProvider(script, { clock, capabilities: table })];
  await using manager = await createSessionManager({ store, providers, clock });
  const session = await manager.createSession();
  await using handle = await session.run('go', { permissionMode: 'full_auto', ...options });
  const result = await handle.result;
  const { events } = await checkLog(store, session.id);
  return {
    ...{ result, events },
    violated: events.flatMap(({ type, data }) =>
      type === 'policy_violated'
        ? [`${data.kind} ${data.action} ${String(data.details['rule'] ?? data.details['limit'])}`]
        : [],
    ),
    ran: events.flatMap(({ type, data }) => (type === 'tool_call_completed' ? [data.output] : [])),
  };
}

describe('a denied call', () => {
  const rules = { deny: ['bash(rm)'] };
  it('does not run, is told once, and ends the run although the agent would end well', async () => {
    const { result, violated, ran, events } = await run([bash('rm x'), bash('ls'), done], {
      policy: { name: 'team', rules },
    });
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        code: 'policy_violation',
        details: { policy: 'team', kind: 'tool_denied', rule: 'deny bash(rm)' },
      },
      policy: { name: 'team', action: 'cancel', violationCount: 1 },
    });
    expect([violated, ran]).toEqual([['tool_denied cancel deny bash(rm)'], []]);
    expect(events.at(-1)?.type).toBe('run_failed');
  });
  it('does not run with `warn` either, and the run goes on', async () => {
    const { result, violated, ran } = await run([bash('rm x'), bash('ls'), bash('rm y'), done], {
      policy: { action: 'warn', rules },
    });
    expect(result).toMatchObject({ status: 'completed', policy: { action: 'warn', violationCount: 2 } });
    expect(result.policy?.violations).toHaveLength(2);
    expect(result.policy?.layers).toEqual([{ layer: 'gated', holds: ['deny bash(rm)'] }]);
    expect([violated.length, ran]).toEqual([2, ['ls']]);
  });
  it.each([
    ['allow', ['rm x', 'ls']],
    ['deny', ['ls']],
  ] as const)(
    'is a question with `request_approval`, and its answer counts: %s',
    async (decision, expected) => {
      const asked: (string | undefined)[] = [];
      const { result, ran } = await run([bash('rm x'), bash('ls'), done], {
        permissionMode: 'dangerously_skip_permissions',
        policy: { name: 'team', action: 'request_approval', rules },
        authorize: ({ command, reason }) => {
          asked.push(`${command}: ${reason}`);
          return decision === 'allow' ? { decision } : { decision, reason: 'no' };
        },
      });
      expect(asked).toEqual(['rm x: The policy team forbids it by the rule bash(rm): it runs rm.']);
      expect(ran).toEqual(expected);
      expect(result).toMatchObject({
        status: 'completed',
        policy: { action: 'request_approval', violationCount: 1 },
      });
    },
  );
  it('is refused when nobody is there to be asked', async () => {
    const { ran } = await run([bash('rm x'), done], { policy: { action: 'request_approval', rules } });
    expect(ran).toEqual([]);
  });
  it('can not be made of another one by whoever may change its input', async () => {
    const asked = { ...bash('ls'), result: (input: JsonObject) => ({ output: input['command'] ?? '' }) };
    const { ran, result } = await run([asked, done], {
      policy: { action: 'warn', rules: { deny: ['bash(rm)'] } },
      authorize: ({ input }) => ({ decision: 'allow', changedInput: { ...input, command: 'ls; rm x' } }),
    });
    expect([ran, result.policy?.violationCount]).toEqual([[], 1]);
    const harmless = await run([asked, done], {
      policy: { action: 'warn', rules: { deny: ['bash(rm)'] } },
      authorize: ({ input }) => ({ decision: 'allow', changedInput: { ...input, command: 'pwd' } }),
    });
    expect(harmless.ran).toEqual(['pwd']);
  });
  it('of a rule that asks is no violation', async () => {
    const { ran, violated } = await run([bash('rm x'), done], {
      policy: { rules: { ask: ['bash(rm)'] } },
      authorize: () => ({ decision: 'allow' }),
    });
    expect([ran, violated]).toEqual([['rm x'], []]);
  });
  it('that nobody asked about is observed, and ends the run', async () => {
    const step = { ...bash('rm x'), unasked: true };
    const { result } = await run([step, { hang: true }], { policy: { rules } });
    expect(result).toMatchObject({
      status: 'failed',
      policy: { violations: [{ details: { layer: 'observed' } }], violationCount: 1 },
    });
  });
  it('holds no secret in the row', async () => {
    const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
    const { result, events } = await run([bash(`/tmp/${secret}/rm x`), done], {
      policy: { action: 'warn', rules },
    });
    expect(result.policy?.violationCount).toBe(1);
    expect(JSON.stringify([result.policy, events])).not.toContain(secret);
  });
});

describe('a limit', () => {
  it('of tool calls keeps the next one from running', async () => {
    const { result, ran, violated } = await run(
      ['a', 'b', 'c', 'd'].map((one) => bash(one)),
      {
        policy: { limits: { toolCalls: 2 } },
      },
    );
    expect([ran, violated]).toEqual([['a', 'b'], ['limit_exceeded cancel toolCalls']]);
    expect(result).toMatchObject({ error: { details: { limit: 'toolCalls', most: 2, actual: 3 } } });
  });
  it('is told once, however long the run goes on', async () => {
    const { result, ran, violated } = await run([...['a', 'b', 'c'].map((one) => bash(one)), done], {
      policy: { action: 'warn', limits: { toolCalls: 1 } },
    });
    expect([ran.length, violated]).toEqual([3, ['limit_exceeded warn toolCalls']]);
    expect(result).toMatchObject({ status: 'completed', policy: { violationCount: 1 } });
  });
  it('makes the next calls questions, until one is allowed', async () => {
    const answers = [{ decision: 'deny', reason: 'not yet' } as const, { decision: 'allow' } as const];
    const asked: string[] = [];
    const { ran } = await run(
      ['a', 'b', 'c', 'd', 'e'].map((one) => bash(one)),
      {
        permissionMode: 'dangerously_skip_permissions',
        policy: { limits: { toolCalls: { most: 2, action: 'request_approval' } } },
        authorize: ({ command = '' }) => {
          asked.push(command);
          return answers.shift() ?? { decision: 'deny', reason: 'too often' };
        },
      },
    );
    expect([asked, ran]).toEqual([
      ['c', 'd'],
      ['a', 'b', 'd', 'e'],
    ]);
  });
  it('of tokens takes figures as they stand and adds none of them', async () => {
    const figure = (inputTokens: number): ScriptStep => ({
      emit: {
        type: 'token_usage_updated',
        data: {
          usage: {
            inputTokens,
            outputTokens: 0,
            cacheReadTokens: 0,
            cacheWriteTokens: 0,
            reasoningTokens: 0,
          },
        },
      },
    });
    const policy = { limits: { totalTokens: 1_000 } };
    expect((await run([figure(900), figure(950), figure(1_000), done], { policy })).violated).toEqual([]);
    const over = await run([figure(900), figure(1_001), figure(1_200), { hang: true }], { policy });
    expect(over.violated).toEqual(['limit_exceeded cancel totalTokens']);
    expect(over.result).toMatchObject({ error: { details: { actual: 1_001 } } });
  });
  it('of turns and of cost is held by what is told', async () => {
    const turn: ScriptStep = { emit: { type: 'turn_completed', data: {} } };
    const turns = await run([turn, turn, turn, { hang: true }], { policy: { limits: { turns: 2 } } });
    expect(turns.violated).toEqual(['limit_exceeded cancel turns']);
    const cost = { usage: { inputTokens: 1 }, cost: { usd: '0.06', source: 'provider' } } as const;
    const spent = await run([cost, { hang: true }], { policy: { limits: { costUsd: 0.05 } } });
    expect(spent.violated).toEqual(['limit_exceeded cancel costUsd']);
    expect(spent.result.policy?.layers).toEqual([{ layer: 'observed', holds: ['costUsd 0.05'] }]);
  });
  it('of cost says that it did not hold where nothing tells the cost', async () => {
    const unpriced = { usage: { inputTokens: 9 }, cost: { source: 'unpriced', atLeast: '0.01' } } as const;
    const { result } = await run([unpriced, done], { policy: { limits: { costUsd: 0.05 } } });
    expect(result).toMatchObject({ status: 'completed', policy: { violationCount: 0 } });
    expect(result.policy?.layers).toEqual([{ layer: 'unheld', holds: ['costUsd 0.05'] }]);
  });
  it('of time fires although the agent is silent, whatever the wall clock does', async () => {
    const clock = createTestClock();
    const store = memoryStore();
    const providers = [scriptedProvider([{ say: 'Hm.' }, { hang: true }], { clock })];
    await using manager = await createSessionManager({
      ...{ store, providers, clock },
      limits: { idle: 0 },
      times: { lease: 100 * 60_000 },
      policy: { name: 'org', limits: { duration: 60_000 } },
    });
    const session = await manager.createSession();
    await using handle = await session.run('go');
    await waitForEvent(handle, 'message_received');
    clock.setWallTime(clock.now() + 10 * 60_000);
    clock.advance(59_999);
    expect((await handle.read()).status).toBe('running');
    clock.advance(1);
    expect(await handle.result).toMatchObject({
      status: 'failed',
      error: { code: 'policy_violation', details: { limit: 'duration', most: 60_000, policy: 'org' } },
    });
    expect(clock.pendingTimers).toBe(0);
  });
  it('that is milder comes before one that is stricter', async () => {
    const { result, violated } = await run(
      ['a', 'b', 'c', 'd'].map((one) => bash(one)),
      {
        policies: [{ limits: { toolCalls: 2 } }, { limits: { toolCalls: { most: 1, action: 'warn' } } }],
      },
    );
    expect(violated).toEqual(['limit_exceeded warn toolCalls', 'limit_exceeded cancel toolCalls']);
    expect(result.status).toBe('failed');
  });
});

describe('before the run', () => {
  const providers = [scriptedProvider([done])];
  it('policies of the manager and of the run stack, each once, and are stored', async () => {
    const org = { name: 'org', action: 'cancel', limits: { totalTokens: 5 } } as const;
    await using manager = await createSessionManager({ store: memoryStore(), providers, policy: org });
    const session = await manager.createSession();
    const team: Policy = { name: 'team', action: 'warn', rules: { deny: ['bash'] } };
    await using handle = await session.run('go', { policy: team, policies: [org] });
    expect((await handle.result).policy).toMatchObject({
      name: 'org + team',
      action: 'cancel',
      violations: [],
    });
    expect((await handle.read()).options['policies']).toEqual([org, team]);
  });
  it('go with a run that another manager executes, which adds its own', async () => {
    const store = memoryStore();
    const script = [bash('rm x'), bash('ls'), bash('cat x'), done];
    await using first = await createSessionManager({
      store,
      providers: [scriptedProvider(script)],
      keepOpen: true,
    });
    await using second = await createSessionManager({
      ...{ store, providers: [scriptedProvider(script)], keepOpen: true },
      policy: { name: 'second', action: 'warn', rules: { deny: ['bash(cat)'] } },
    });
    const session = await first.createSession();
    const pending = await first.startRun(session.id, 'go', {
      permissionMode: 'full_auto',
      policy: { name: 'first', action: 'warn', rules: { deny: ['bash(rm)'] } },
    });
    await using handle = await second.executeRun(pending.id, {
      policies: [{ name: 'third', action: 'warn', rules: { deny: ['bash(ls)'] } }],
    });
    expect((await handle.result).policy).toMatchObject({ name: 'second + first + third', violationCount: 3 });
    await store[Symbol.asyncDispose]?.();
  });
  it('nothing is made when a policy can not work, or is none', async () => {
    await using manager = await createSessionManager({ store: memoryStore(), providers });
    const session = await manager.createSession();
    await expect(session.run('go', { policy: { tools: [] } })).rejects.toMatchObject({
      code: 'policy_violation',
      details: { check: 'empty_allow_list' },
    });
    await expect(session.run('go', { policy: { limits: { turns: -1 } } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect((await manager.runs()).rows).toEqual([]);
    await expect(
      createSessionManager({ store: memoryStore(), providers, policies: [] }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });
  it('a provider that can not tell what a limit counts is refused', async () => {
    await using manager = await createSessionManager({ store: memoryStore(), providers });
    const session = await manager.createSession();
    await expect(session.run('go', { policy: { limits: { turns: 2 } } })).rejects.toMatchObject({
      code: 'missing_required_capability',
      message: expect.stringContaining('usage_per_answer (for its policies)'),
      details: { missing: ['usage_per_answer'] },
    });
  });
  it('a provider that only observes is refused, unless that is accepted, and then the result says so', async () => {
    const table = capabilities({ ...scriptedCapabilities, approval_before_tool: 'observed' });
    const step = { ...bash('rm x'), unasked: true };
    const observing = scriptedProvider([step, done], { capabilities: table });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [observing] });
    const session = await manager.createSession();
    const policy: Policy = { action: 'warn', rules: { deny: ['bash(rm)'] } };
    await expect(session.run('go', { policy })).rejects.toMatchObject({
      code: 'missing_required_capability',
      details: { missing: ['approval_before_tool'] },
    });
    await using handle = await session.run('go', { policy, acceptObserved: true });
    expect(await handle.result).toMatchObject({
      status: 'completed',
      policy: {
        violationCount: 1,
        violations: [{ details: { layer: 'observed' } }],
        layers: [{ layer: 'observed', holds: ['deny bash(rm)'] }],
      },
    });
  });
});
