import { describe, expect, it } from 'vitest';
import { pendingId } from '../../test/manager/approval-room.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { parkingProvider } from '../../test/manager/parking-provider.ts';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import type { RunId } from '../domain/id.ts';
import { noUsage } from '../domain/usage.ts';
import type { Policy } from '../policy/policy.ts';
import type { ProviderEvent } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { SessionManagerOptions } from './manager-options.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { CommonRunOptions } from './run-options.ts';
import type { RunResult } from './run-result.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

/** A call that nobody was asked about and that gave the same as the others. */
function call(id: string): readonly ProviderEvent[] {
  const named = { toolCallId: id, name: 'Bash', tool: 'bash' } as const;
  const input = { command: 'ls', description: `Look, ${id}` };
  return [
    { type: 'tool_call_started', data: { ...named, kind: 'execute', input, remarks: ['description'] } },
    { type: 'tool_call_completed', data: { ...named, output: 'a file' } },
  ];
}

function spends(inputTokens: number, usd: string): ProviderEvent {
  const usage = { ...noUsage, inputTokens };
  return { type: 'token_usage_updated', data: { usage, cost: { usd, source: 'provider' } } };
}

const answer: ProviderEvent = { type: 'turn_completed', data: {} };

/** What a process leaves behind that dies while its agent, which wasn't parked, waits for a person. */
async function forgetParking(store: SessionStore, id: RunId): Promise<void> {
  const run = await store.run(id);
  if (run === undefined) throw new Error('There is no run.');
  await store.commit({
    sessionId: run.sessionId,
    runs: [{ id, expectedVersion: run.version, set: { parked: undefined, waitingFor: undefined } }],
    events: [],
  });
}

interface Lived {
  readonly command?: string;
  readonly before: readonly ProviderEvent[];
  readonly after: (callId: string) => readonly ProviderEvent[];
  readonly run?: CommonRunOptions;
  readonly manager?: Partial<SessionManagerOptions>;
  /** What another run spends while this one is parked, in tokens. */
  readonly meanwhile?: number;
}

describe.each(storeKinds)('a run that goes on, on the $name store,', ({ place }) => {
  describe.each([
    { where: 'after it was parked', how: 'parked' },
    { where: 'after it was parked, in another process', how: 'moved' },
    { where: 'after its process died', how: 'died' },
  ] as const)('$where', ({ how }) => {
    /** Lives through a run that is parked at a call between `before` and `after`. */
    async function live({ run: options, manager: given, meanwhile = 0, ...does }: Lived) {
      await using data = place();
      const store = await data.open();
      const other = scriptedProvider([{ usage: { inputTokens: meanwhile } }], { name: 'other' });
      const open = async (): Promise<SessionManager> =>
        await createSessionManager({
          store: await data.open(),
          providers: [parkingProvider(does), other],
          approvals: { parkAfter: 0 },
          keepOpen: true,
          ...given,
        });
      const first = await open();
      const session = await first.createSession({ cwd: '/tmp', provider: 'parking' });
      const run = await session.run('go', { ...options, detached: true });
      const id = await pendingId(first);
      await waitForEvent(run, 'run_parked');
      if (meanwhile > 0) await first.runOnce('go', { provider: 'other' });
      let result: RunResult;
      if (how !== 'parked') {
        await first.close();
        if (how === 'died') await forgetParking(store, run.id);
        await using second = await open();
        await second.approvals.decide(id, { as: 'allow' });
        await second.recover();
        result = await (await second.getRun(run.id)).result;
      } else {
        await first.approvals.decide(id, { as: 'allow' });
        result = await run.result;
        await first.close();
      }
      const { events } = await checkLog(store, session.id);
      const [from] = events.flatMap((event) => (event.type === 'run_resumed' ? [event.data.from] : []));
      if (meanwhile === 0) expect(from).toBe(how === 'died' ? 'interrupted' : 'parked');
      await store[Symbol.asyncDispose]();
      return { result, events };
    }

    it.each<[string, number, Policy, Lived]>([
      [
        'toolCalls',
        4,
        { limits: { toolCalls: 3 } },
        { before: [...call('a'), ...call('b')], after: () => call('c') },
      ],
      ['turns', 4, { limits: { turns: 3 } }, { before: [answer, answer, answer], after: () => [answer] }],
      [
        'totalTokens',
        120,
        { limits: { totalTokens: 100 } },
        { before: [spends(60, '0')], after: () => [spends(60, '0')] },
      ],
      [
        'costUsd',
        1.2,
        { limits: { costUsd: 1 } },
        { before: [spends(1, '0.6')], after: () => [spends(1, '0.6')] },
      ],
    ])('has its %s of before counted', async (limit, actual, policy, lived) => {
      const { result } = await live({ ...lived, run: { policy } });
      expect(result).toMatchObject({
        status: 'failed',
        error: { code: 'policy_violation', details: { limit, actual } },
        policy: { violationCount: 1 },
      });
    });

    it('is told nothing twice, and its result tells what happened before', async () => {
      const policy = { action: 'warn', limits: { turns: 1, totalTokens: 50 } } as const;
      const { result, events } = await live({
        before: [answer, answer, spends(60, '0')],
        after: () => [answer, spends(70, '0')],
        run: { policy },
      });
      expect(result).toMatchObject({ status: 'completed', policy: { violationCount: 2 } });
      const told = events.flatMap((event) => (event.type === 'policy_violated' ? [event.data.details] : []));
      expect(told.map((details) => [details['limit'], details['actual']])).toEqual([
        ['turns', 2],
        ['totalTokens', 60],
      ]);
    });

    it('is found in a loop that began before and that its parked call is a part of', async () => {
      const { result, events } = await live({
        before: ['a', 'b'].flatMap(call),
        command: 'ls',
        after: (id) => [...call(id).slice(1), ...['d', 'e'].flatMap(call)],
        run: { loops: { action: 'cancel', sameCall: 5 } },
      });
      expect(result).toMatchObject({ error: { code: 'loop_detected', details: { times: 5 } } });
      expect(events.filter(({ type }) => type === 'loop_detected')).toHaveLength(1);
    });

    it('has its tokens and cost of before counted once by its own budget and by those that it shares', async () => {
      const budgets = (['run', 'everything', 'provider', 'session'] as const).map((per) => ({
        ...{ name: per, per },
        usd: { warn: '0.5', hard: '1.5' },
      }));
      const { result, events } = await live({
        before: [spends(60, '0.6')],
        after: () => [spends(60, '0.6')],
        manager: { budgets },
      });
      expect(result).toMatchObject({ status: 'completed', cost: { usd: '1.2' } });
      const told = events.flatMap((event) => (event.type === 'budget_warning_raised' ? [event.data] : []));
      expect(told.map(({ budget, spent }) => [budget, spent]).toSorted()).toEqual([
        ['everything', '0.6'],
        ['provider', '0.6'],
        ['run', '0.6'],
        ['session', '0.6'],
      ]);
    });

    it('is ended when the budget that it shares was used up while it was parked', async () => {
      const { result } = await live({
        before: [spends(60, '0')],
        after: () => [],
        meanwhile: 60,
        manager: { budgets: [{ name: 'b', per: 'everything', tokens: { hard: 100 } }] },
      });
      expect(result).toMatchObject({
        status: 'failed',
        error: { code: 'budget_exceeded', details: { spent: '120' } },
      });
    });

    it.each(
      (['run', 'everything', 'session'] as const).flatMap((per) => [
        { per, whose: 'manager' } as const,
        { per, whose: 'run' } as const,
      ]),
    )(
      'is ended when with what it spent before the budget per $per of the $whose is used up',
      async ({ per, whose }) => {
        const { result } = await live({
          before: [spends(60, '0.6')],
          after: () => [spends(60, '0.6')],
          [whose]: { budgets: [{ name: 'b', per, usd: { hard: 1 } }] },
        });
        expect(result).toMatchObject({
          status: 'failed',
          error: { code: 'budget_exceeded', details: { spent: '1.2' } },
        });
      },
    );
  });
});
