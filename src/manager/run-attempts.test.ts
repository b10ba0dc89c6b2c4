import { describe, expect, it } from 'vitest';
import { checkLog, typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import type { LogEvent } from '../domain/event.ts';
import type { Provider } from '../ports/provider.ts';
import { router } from '../routing/router.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { RunHandle } from './run-handle.ts';
import { createSessionManager } from './session-manager.ts';

const writes: ScriptStep = {
  tool: { name: 'Write', tool: 'write', kind: 'edit', input: {}, paths: ['x'] },
};

function fails(code: ErrorCode, retryAt?: number): ScriptStep {
  const limit = retryAt === undefined ? {} : { provider: { provider: 'p', kind: 'k', retryAt } };
  return { fail: new AsmError(code, 'Not now.', limit) };
}

/** Fails in its first runs, as often as there are failures, then says `done`. */
function flaky(name: string, ...failures: readonly (readonly ScriptStep[])[]): Provider {
  let runs = 0;
  return scriptedProvider(() => failures[runs++] ?? [{ usage: { inputTokens: 10 } }, { say: 'done' }], {
    name,
  });
}

async function eventsOf(run: RunHandle): Promise<readonly LogEvent[]> {
  return await Array.fromAsync(run);
}

const ofType = <Type extends LogEvent['type']>(events: readonly LogEvent[], type: Type) =>
  events.filter((event): event is Extract<LogEvent, { type: Type }> => event.type === type);

const now = { retry: { tries: 3, delay: 0 } } as const;

describe('a retry', () => {
  it('is another attempt of the same run, and the usage of all attempts counts', async () => {
    const store = memoryStore();
    const used: ScriptStep = { usage: { inputTokens: 5 }, cost: { usd: '0.1', source: 'provider' } };
    const provider = flaky('p', [used, fails('provider_overloaded')], [used, fails('agent_crashed')]);
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    await using run = await session.run('go', now);
    const result = await run.result;
    expect(result).toMatchObject({ status: 'completed', output: 'done', usage: { inputTokens: 20 } });
    expect(result.cost).toEqual({ source: 'unpriced', atLeast: '0.2', unpriced: ['scripted-model'] });
    const events = await eventsOf(run);
    expect(
      ofType(events, 'attempt_failed').map(({ attempt, data }) => [attempt, data.error.code, data.next]),
    ).toEqual([
      [1, 'provider_overloaded', 'retry'],
      [2, 'agent_crashed', 'retry'],
    ]);
    expect(ofType(events, 'agent_started').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(ofType(events, 'token_usage_updated').map(({ data }) => data.usage.inputTokens)).toEqual([
      5, 10, 20,
    ]);
    expect(ofType(events, 'message_sent')).toHaveLength(1);
    expect(await run.read()).toMatchObject({ attempt: 3, provider: 'p' });
    await checkLog(store, session.id);
  });

  it('is not made without a policy, for lasting failures, or after the agent changed something', async () => {
    for (const [options, steps, code] of [
      [{}, [fails('provider_overloaded')], 'provider_overloaded'],
      [now, [fails('authentication_failed')], 'authentication_failed'],
      [
        { ...now, permissionMode: 'full_auto' },
        [writes, fails('provider_overloaded')],
        'provider_overloaded',
      ],
    ] as const) {
      await using manager = await createSessionManager({
        store: memoryStore(),
        providers: [flaky('p', steps)],
      });
      const session = await manager.createSession();
      await using run = await session.run('go', { ...options, cwd: '/' });
      expect(await run.result).toMatchObject({ status: 'failed', error: { code } });
      const failed = ofType(await eventsOf(run), 'attempt_failed');
      expect(failed.map(({ data }) => data.next)).toEqual(['none']);
    }
  });

  it('after a refused tool is still before all side effects', async () => {
    const provider = flaky('p', [writes, fails('provider_overloaded')]);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    await using run = await session.run('go', { ...now, permissionMode: 'plan' });
    expect((await run.result).status).toBe('completed');
  });

  it('after side effects goes on with the conversation that the attempt left', async () => {
    const provider = flaky('p', [{ say: 'begun' }, writes, fails('agent_crashed')]);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    const retry = { ...now.retry, afterSideEffects: true };
    await using run = await session.run('go', { retry, permissionMode: 'dangerously_skip_permissions' });
    expect((await run.result).status).toBe('completed');
    const started = ofType(await eventsOf(run), 'agent_started');
    expect(started.map(({ data }) => data.continuity)).toEqual(['fresh', 'native']);
    expect(started[1]?.data.handle).toBe(started[0]?.data.handle);
  });

  it('that goes on so is not told again what others said before the run', async () => {
    const provider = flaky('p', [{ say: 'begun' }, writes, fails('agent_crashed')]);
    await using manager = await createSessionManager({
      store: memoryStore(),
      providers: [scriptedProvider([{ say: 'I was first' }], { name: 'other' }), provider],
    });
    const session = await manager.createSession();
    await using before = await session.run('go', { provider: 'other' });
    await before.result;
    const retry = { ...now.retry, afterSideEffects: true };
    const permissionMode = 'dangerously_skip_permissions';
    await using run = await session.run('go on', { provider: 'p', retry, permissionMode });
    expect((await run.result).status).toBe('completed');
    const events = await eventsOf(run);
    expect(ofType(events, 'agent_started').map(({ data }) => data.continuity)).toEqual([
      'replayed',
      'native',
    ]);
    expect(ofType(events, 'conversation_replayed').map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('is not made of an attempt that somebody interrupted, however that failed', async () => {
    const crash = new AsmError('agent_crashed', 'It ended where it was to stop.');
    const provider: Provider = {
      ...flaky('p'),
      async *run(_request, host) {
        yield { type: 'agent_started', data: { continuity: 'fresh' } };
        yield { type: 'message_received', data: { messageId: 'm', role: 'assistant', text: 'x' } };
        const asked = await host.interrupts[Symbol.asyncIterator]().next();
        if (asked.done !== true) throw crash;
        return { status: 'completed' };
      },
    };
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    await using run = await session.run('go', now);
    await waitForEvent(run, 'message_received');
    await run.interrupt();
    const { events } = await checkLog(store, session.id);
    expect(ofType(events, 'agent_started')).toHaveLength(1);
    expect(ofType(events, 'attempt_failed').map(({ data }) => data.next)).toEqual(['none']);
  });

  it('replaces no conversation of the session by another one that failed', async () => {
    const provider = flaky('p', [{ say: 'kept' }], [{ say: 'lost' }, fails('agent_crashed')]);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    await using first = await session.run('go');
    await first.result;
    const { agents } = await session.read();
    await using second = await session.run('anew', { continuation: 'fresh' });
    expect(await second.result).toMatchObject({ status: 'failed', output: 'lost' });
    expect((await session.read()).agents).toEqual(agents);
  });

  it('follows an agent that began afresh where it was to go on', async () => {
    let resumes = 0;
    const inner = flaky('p');
    const provider: Provider = {
      ...inner,
      run: ({ resume, ...request }, host) => {
        if (resume !== undefined) resumes++;
        return inner.run(request, host);
      },
    };
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    await using first = await session.run('go');
    await first.result;
    await using second = await session.run('go on');
    expect((await second.result).status).toBe('completed');
    expect(resumes).toBe(1);
    const events = await eventsOf(second);
    expect(ofType(events, 'attempt_failed').map(({ data }) => [data.error.code, data.next])).toEqual([
      ['resume_failed', 'replay'],
    ]);
    expect(ofType(events, 'agent_started').at(-1)?.data.continuity).toBe('replayed');
    await using third = await session.run('and on', { continuation: 'native' });
    expect(await third.result).toMatchObject({ status: 'failed', error: { code: 'resume_failed' } });
    expect(ofType(await eventsOf(third), 'attempt_failed').map(({ data }) => data.next)).toEqual(['none']);
  });

  it('has as its output what the agent said, not what its subagents did', async () => {
    const told = {
      type: 'message_received',
      data: { messageId: 's', role: 'assistant', text: 'from below', parentToolCallId: 't' },
    } as const;
    const provider = flaky('p', [{ say: 'from above' }, { emit: told }, fails('authentication_failed')]);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
    const session = await manager.createSession();
    await using run = await session.run('go', now);
    expect(await run.result).toMatchObject({ status: 'failed', output: 'from above' });
  });

  it('waits until the time that the provider gave; the total limit stands still, and the row says why', async () => {
    const clock = createTestClock();
    const provider = flaky('p', [fails('rate_limited', clock.now() + 5_000)]);
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [provider], clock });
    const session = await manager.createSession();
    await using run = await session.run('go', { ...now, limits: { total: 1_000 } });
    const failed = await waitForEvent(run, 'attempt_failed');
    expect(failed.data).toMatchObject({ next: 'retry', delay: 5_000 });
    expect(await run.read()).toMatchObject({ status: 'running', waitingFor: 'quota' });
    clock.advance(4_999);
    expect((await run.read()).status).toBe('running');
    clock.advance(1);
    expect((await run.result).status).toBe('completed');
    expect((await run.read()).waitingFor).toBeUndefined();
  });

  it('that is waited for ends with a cancel, and with an interrupt', async () => {
    for (const [act, status] of [
      [(run: RunHandle) => run.cancel(), 'cancelled'],
      [(run: RunHandle) => run.interrupt(), 'completed'],
    ] as const) {
      const clock = createTestClock();
      const store = memoryStore();
      const provider = flaky('p', [fails('provider_overloaded')]);
      await using manager = await createSessionManager({ store, providers: [provider], clock });
      const session = await manager.createSession();
      await using run = await session.run('go', { retry: { tries: 2, delay: 60_000 } });
      await waitForEvent(run, 'attempt_failed');
      expect((await act(run)).status).toBe(status);
      const { events } = await checkLog(store, session.id);
      expect(ofType(events, 'agent_started')).toHaveLength(1);
    }
  });

  it('comes after an agent that fell silent', async () => {
    const clock = createTestClock();
    const provider = flaky('p', [{ say: 'x' }, { hang: true }]);
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider], clock });
    const session = await manager.createSession();
    await using run = await session.run('go', { ...now, limits: { idle: 1_000 } });
    await waitForEvent(run, 'message_received');
    clock.advance(1_000);
    expect((await run.result).status).toBe('completed');
    const [failed] = ofType(await eventsOf(run), 'attempt_failed');
    expect(failed?.data.error.code).toBe('idle_timeout');
  });

  it('gets the messages that the attempt before did not take in', async () => {
    const clock = createTestClock();
    let runs = 0;
    const provider = scriptedProvider(() =>
      runs++ === 0 ? [fails('provider_overloaded')] : [{ awaitSteering: true }],
    );
    await using manager = await createSessionManager({ store: memoryStore(), providers: [provider], clock });
    const session = await manager.createSession();
    await using run = await session.run('go', { retry: { tries: 2, delay: 1_000 } });
    await waitForEvent(run, 'attempt_failed');
    const steered = run.steer('to the left');
    await waitForEvent(run, 'run_steer_requested');
    clock.advance(1_000);
    expect(await steered).toEqual({ as: 'delivered' });
    expect(await run.result).toMatchObject({ output: 'Heard: to the left' });
  });
});

describe('a router', () => {
  it('has another candidate take over, and the log, the row and the session name who did the work', async () => {
    const store = memoryStore();
    const both = router({ candidates: [flaky('a', [fails('quota_exceeded')]), flaky('b')] });
    await using manager = await createSessionManager({ store, providers: [both] });
    const session = await manager.createSession({ provider: 'router' });
    await using run = await session.run('go');
    expect(await run.result).toMatchObject({ status: 'completed', provider: 'b' });
    const { events } = await checkLog(store, session.id);
    expect(ofType(events, 'attempt_routed').map(({ data }) => data)).toEqual([
      { provider: 'router', routedProvider: 'a', routingAttempt: 1, routingCandidates: ['a', 'b'] },
      {
        provider: 'router',
        routedProvider: 'b',
        routingAttempt: 2,
        routingCandidates: ['b'],
        failoverFrom: 'a',
        failoverReason: 'quota_exceeded',
      },
    ]);
    expect(ofType(events, 'agent_started').map(({ provider }) => provider)).toEqual(['a', 'b']);
    expect(events.at(-1)).toMatchObject({ type: 'run_completed', provider: 'b', attempt: 2 });
    expect(Object.keys((await session.read()).agents)).toEqual(['b']);
    expect(both.health()).toMatchObject([
      { provider: 'a', failed: 1 },
      { provider: 'b', succeeded: 1 },
    ]);
  });

  it('takes over later only where that is allowed, and then tells what was said and done', async () => {
    const piece = { type: 'message_streamed', data: { messageId: 'cut', text: 'and then I' } } as const;
    const broken = () => flaky('a', [{ say: 'half way' }, writes, { emit: piece }, fails('agent_crashed')]);
    const permissionMode = 'dangerously_skip_permissions';
    const strict = router({ name: 'strict', candidates: [broken(), flaky('b')] });
    let told: readonly string[] = [];
    const heir = scriptedProvider(
      ({ history }) => {
        told = history;
        return [{ say: 'finished' }];
      },
      { name: 'b' },
    );
    const loose = router({ name: 'loose', candidates: [broken(), heir], failover: 'always' });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [strict, loose] });
    const session = await manager.createSession();
    await using first = await session.run('go', { provider: 'strict', permissionMode });
    expect((await first.result).status).toBe('failed');
    const other = await manager.createSession();
    await using second = await other.run('paint it', { provider: 'loose', permissionMode });
    expect(await second.result).toMatchObject({ status: 'completed', output: 'finished' });
    expect(told.join('\n')).toMatch(
      /paint it.*half way.*"tool":"write".*"text":"and then I","incomplete":true/s,
    );
    const events = await eventsOf(second);
    expect(ofType(events, 'agent_started').at(-1)?.data.continuity).toBe('replayed');
    expect(ofType(events, 'conversation_replayed')).toHaveLength(1);
  });

  it('tells the third what the first did, also when the second did nothing', async () => {
    let told: readonly string[] = [];
    const heir = scriptedProvider(
      ({ history }) => {
        told = history;
        return [{ say: 'finished' }];
      },
      { name: 'c' },
    );
    const three = router({
      candidates: [
        flaky('a', [{ say: 'half way' }, writes, fails('agent_crashed')]),
        flaky('b', [fails('provider_unavailable')]),
        heir,
      ],
      failover: 'always',
    });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [three] });
    const session = await manager.createSession();
    await using run = await session.run('paint it', {
      permissionMode: 'dangerously_skip_permissions',
    });
    expect(await run.result).toMatchObject({ status: 'completed', provider: 'c' });
    expect(told.join('\n')).toMatch(/paint it.*half way.*"tool":"write"/s);
    // None of them was given the conversation of another.
    const failed = ofType(await eventsOf(run), 'attempt_failed').map(({ data }) => data.error.code);
    expect(failed).toEqual(['agent_crashed', 'provider_unavailable']);
  });

  it('that goes back to the same candidate fails over from nobody', async () => {
    const one = router({ candidates: [flaky('a', [fails('provider_unavailable')])] });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [one] });
    const session = await manager.createSession();
    await using run = await session.run('go', now);
    expect((await run.result).status).toBe('completed');
    const routed = ofType(await eventsOf(run), 'attempt_routed').map(({ data }) => data);
    expect(routed).toMatchObject([
      { routedProvider: 'a', routingAttempt: 1 },
      { routedProvider: 'a', routingAttempt: 2 },
    ]);
    for (const attempt of routed) expect(attempt).not.toHaveProperty('failoverFrom');
  });

  it('is not harmed by a cancel', async () => {
    const one = router({ candidates: [scriptedProvider([{ say: 'x' }, { hang: true }], { name: 'a' })] });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [one] });
    const session = await manager.createSession();
    await using run = await session.run('go');
    await waitForEvent(run, 'message_received');
    await run.cancel();
    expect(one.health()).toEqual([{ provider: 'a', breaker: 'closed', succeeded: 0, failed: 0 }]);
  });

  it('with all candidates down fails with the last error; with all breakers open it asks nobody', async () => {
    const store = memoryStore();
    const down = () => [fails('provider_unavailable')];
    const a = flaky('a', down(), down());
    const both = router({ candidates: [a, flaky('b', down(), down())], breaker: { failures: 1 } });
    await using manager = await createSessionManager({ store, providers: [both] });
    const session = await manager.createSession();
    await using run = await session.run('go');
    expect(await run.result).toMatchObject({ status: 'failed', error: { code: 'provider_unavailable' } });
    await using again = await session.run('go');
    expect(await again.result).toMatchObject({ status: 'failed', error: { code: 'no_provider_available' } });
    const { events } = await checkLog(store, session.id);
    expect(ofType(events, 'agent_started')).toHaveLength(2);
    // The session is as usable as before.
    await using third = await session.run('go', { provider: flaky('c') });
    expect((await third.result).status).toBe('completed');
  });

  it('begins its way again as the retry policy says', async () => {
    const both = router({
      candidates: [flaky('a', [fails('provider_unavailable')]), flaky('b', [fails('provider_unavailable')])],
    });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [both] });
    const session = await manager.createSession();
    await using run = await session.run('go', now);
    expect(await run.result).toMatchObject({ status: 'completed', provider: 'a' });
    expect(typesOf(await eventsOf(run)).filter((type) => type === 'attempt_routed')).toHaveLength(3);
  });

  it('gives each candidate its own native options', async () => {
    const seen: (readonly [string, object | undefined])[] = [];
    const looks = (name: string): Provider =>
      scriptedProvider(
        ({ request }) => {
          seen.push([name, request.native]);
          return name === 'a' ? [fails('provider_unavailable')] : [];
        },
        { name },
      );
    const both = router({ candidates: [looks('a'), looks('b')] });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [] });
    const session = await manager.createSession();
    await using run = await session.run('go', { provider: both, native: { a: { x: 1 } } });
    await run.result;
    expect(seen).toEqual([
      ['a', { x: 1 }],
      ['b', undefined],
    ]);
    const mistyped = session.run('go', { provider: both, native: { c: { x: 1 } } });
    await expect(mistyped).rejects.toMatchObject({
      code: 'unknown_option',
      message: expect.stringContaining('by candidate (a, b), has no option "c"'),
    });
  });

  it('asked twice with one key runs once', async () => {
    const both = router({ candidates: [flaky('a', [fails('provider_unavailable')]), flaky('b')] });
    await using manager = await createSessionManager({ store: memoryStore(), providers: [both] });
    const session = await manager.createSession();
    const first = await session.run('go', { key: 'k' });
    await first.result;
    const second = await session.run('go', { key: 'k' });
    expect(second.id).toBe(first.id);
  });
});
