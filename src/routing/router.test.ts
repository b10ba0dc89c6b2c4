import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../domain/capability.ts';
import { AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import { brandId } from '../domain/id.ts';
import type { PlannedAttempt, RouteRequest } from '../ports/attempt-router.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createRunRequest } from '../testing/run-request.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createTestHost } from '../testing/test-host.ts';
import { router, type Router, type RouterOptions } from './router.ts';

const a = scriptedProvider([], { name: 'a' });
const b = scriptedProvider([], { name: 'b' });
const c = scriptedProvider([], { name: 'c' });

function request(session = 'one', required: RouteRequest['demand']['required'] = []): RouteRequest {
  return { sessionId: brandId('session', `ses_${session}`), demand: { required, acceptObserved: false } };
}

function failure(
  code: ErrorCode,
  retryAt?: number,
  sideEffects = false,
): { error: AsmError; sideEffects: boolean } {
  const limit = retryAt === undefined ? {} : { provider: { provider: 'p', kind: 'k', retryAt } };
  return { error: new AsmError(code, 'It failed.', limit), sideEffects };
}

/** Who does runs that end well, each in a session of its own. */
function chosen(made: Router, runs: number): readonly string[] {
  return Array.from({ length: runs }, (_, run) => {
    const route = made.router.route(request(`s${run}`));
    const { provider } = route.first();
    route.ended('completed');
    return provider.name;
  });
}

const name = (attempt: PlannedAttempt | undefined): string | undefined => attempt?.provider.name;

describe('the strategies', () => {
  it('priority takes the first by number', () => {
    const made = router({
      candidates: [
        { provider: a, priority: 2 },
        { provider: b, priority: 1 },
      ],
    });
    expect(chosen(made, 3)).toEqual(['b', 'b', 'b']);
  });

  it('round_robin takes each in its turn', () => {
    expect(chosen(router({ candidates: [a, b, c], strategy: 'round_robin' }), 5)).toEqual([
      'a',
      'b',
      'c',
      'a',
      'b',
    ]);
  });

  it('weighted takes them in proportion, spread', () => {
    const made = router({
      candidates: [{ provider: a, weight: 3 }, b],
      strategy: 'weighted',
    });
    expect(chosen(made, 8)).toEqual(['a', 'a', 'b', 'a', 'a', 'a', 'b', 'a']);
  });
});

describe('stickiness', () => {
  it('keeps a session at its provider for a time, after a run that ended well', () => {
    const clock = createTestClock();
    const made = router({ candidates: [a, b], strategy: 'round_robin', stickiness: 1_000, clock });
    const turn = (how: 'completed' | 'failed'): string | undefined => {
      const route = made.router.route(request());
      const planned = route.first();
      route.ended(how);
      return name(planned);
    };
    expect([turn('completed'), turn('completed'), turn('failed')]).toEqual(['a', 'a', 'a']);
    clock.advance(1_000);
    expect([turn('failed'), turn('completed')]).toEqual(['b', 'a']);
  });

  it('lasts five minutes unless it is told otherwise', () => {
    const clock = createTestClock();
    const made = router({ candidates: [a, b, c], strategy: 'round_robin', clock });
    const turn = (): string | undefined => {
      const route = made.router.route(request());
      const planned = route.first();
      route.ended('failed');
      return name(planned);
    };
    const route = made.router.route(request());
    expect(name(route.first())).toBe('a');
    route.ended('completed');
    clock.advance(299_999);
    expect(turn()).toBe('a');
    clock.advance(1);
    expect(turn()).not.toBe('a');
  });
});

describe('failover', () => {
  it('goes to the next candidate, each once, up to the number of attempts', () => {
    const route = router({ candidates: [a, b, c], attempts: 2 }).router.route(request());
    expect(name(route.first())).toBe('a');
    expect(name(route.after(failure('provider_unavailable')))).toBe('b');
    expect(route.after(failure('provider_unavailable'))).toBeUndefined();
  });

  it.each([
    ['authentication_failed', false, undefined, undefined],
    ['context_window_exceeded', false, undefined, undefined],
    ['agent_not_installed', false, undefined, 'b'],
    ['provider_overloaded', true, undefined, undefined],
    ['provider_overloaded', true, 'always', 'b'],
    ['provider_overloaded', false, 'never', undefined],
  ] as const)('%s, side effects %s, failover %s: %s', (code, sideEffects, failover, next) => {
    const made = router({ candidates: [a, b], ...(failover === undefined ? {} : { failover }) });
    const route = made.router.route(request());
    route.first();
    expect(name(route.after(failure(code, undefined, sideEffects)))).toBe(next);
  });

  it('leaves out who lacks what is required, and says who lacks what when all do', () => {
    const poor = scriptedProvider([], { name: 'poor', capabilities: { steer: 'unsupported' } });
    const made = router({ candidates: [poor, a] });
    expect(name(made.router.route(request('one', ['steer'])).first())).toBe('a');
    expect(() => made.router.route(request('one', ['steer', 'mcp_servers'])).first()).toThrow(
      expect.objectContaining({
        code: 'missing_required_capability',
        details: { provider: 'router', missing: ['steer', 'mcp_servers'] },
      }),
    );
  });
});

describe('a rate limit with a known end', () => {
  const start = (options: Partial<RouterOptions>) => {
    const clock = createTestClock();
    const made = router({ candidates: [a, b], clock, ...options });
    const route = made.router.route(request());
    route.first();
    return { clock, made, route, limited: failure('rate_limited', clock.now() + 5_000) };
  };

  it('is waited for, as long as is allowed', () => {
    const { route, limited } = start({ onRateLimit: 'wait' });
    expect(route.after(limited)).toMatchObject({ provider: a, delay: 5_000, waitsForQuota: true });
    const short = start({ onRateLimit: 'wait', maximumWait: 4_999 });
    expect(short.route.after(short.limited)).toBeUndefined();
  });

  it('makes another take over, and when there is none it waits for the first to be free', () => {
    const { clock, route, limited } = start({ onRateLimit: 'switch' });
    expect(route.after(limited)).toMatchObject({ provider: b, delay: 0 });
    expect(route.after(failure('rate_limited', clock.now() + 3_000))).toMatchObject({
      provider: b,
      delay: 3_000,
    });
  });

  it('is not waited for at one that the run may not go to', () => {
    const clock = createTestClock();
    const made = router({ candidates: [a, b], clock });
    const earlier = made.router.route(request('earlier'));
    earlier.first();
    earlier.after(failure('provider_unavailable'));
    earlier.after(failure('rate_limited', clock.now() + 1_000));
    const noBudget = new AsmError('budget_exceeded', 'It is used up.');
    const route = made.router.route({
      ...request('later'),
      refuses: (provider) => (provider === 'b' ? noBudget : undefined),
    });
    expect(name(route.first())).toBe('a');
    expect(route.after(failure('rate_limited', clock.now() + 5_000))).toMatchObject({
      provider: a,
      delay: 5_000,
    });
  });

  it('stops the run', () => {
    const { route, limited } = start({ onRateLimit: 'stop' });
    expect(route.after(limited)).toBeUndefined();
  });

  it('keeps later runs away until then, and opens no breaker', () => {
    const { clock, made, route, limited } = start({ breaker: { failures: 1 } });
    route.after(limited);
    expect(made.health()[0]).toMatchObject({
      provider: 'a',
      breaker: 'closed',
      failed: 1,
      lastFailure: 'rate_limited',
    });
    expect(name(made.router.route(request('two')).first())).toBe('b');
    clock.advance(5_000);
    expect(name(made.router.route(request('three')).first())).toBe('a');
  });
});

describe('health', () => {
  it('is not harmed by a run that somebody stopped', () => {
    const made = router({ candidates: [a], breaker: { failures: 1 } });
    const route = made.router.route(request());
    route.first();
    route.ended('stopped');
    expect(made.health()).toEqual([{ provider: 'a', breaker: 'closed', succeeded: 0, failed: 0 }]);
  });

  it('all breakers open: says when one may be asked', () => {
    const clock = createTestClock();
    const made = router({ candidates: [a, b], breaker: { failures: 1, cooldown: 2_000 }, clock });
    const route = made.router.route(request());
    route.first();
    route.after(failure('provider_unavailable'));
    route.after(failure('agent_crashed'));
    expect(() => made.router.route(request()).first()).toThrow(
      expect.objectContaining({
        code: 'no_provider_available',
        provider: expect.objectContaining({ retryAt: clock.now() + 2_000 }),
      }),
    );
    clock.advance(2_000);
    expect(name(made.router.route(request()).first())).toBe('a');
  });
});

describe('a router', () => {
  it('can do what any of its candidates can', () => {
    const levels: Partial<Capabilities> = { steer: 'unsupported', mcp_servers: 'observed' };
    const made = router({ candidates: [scriptedProvider([], { name: 'x', capabilities: levels }), a] });
    expect(made.capabilities).toMatchObject({
      steer: 'native',
      mcp_servers: 'observed',
      max_turns: 'unsupported',
    });
  });

  it('without a manager makes one attempt, which counts for its health', async () => {
    let fails = false;
    const moody = scriptedProvider(
      () => (fails ? [{ say: 'x' }, { fail: new AsmError('agent_crashed', 'It fell.') }] : [{ say: 'done' }]),
      { name: 'moody' },
    );
    const made = router({ candidates: [moody, b] });
    const attempt = async (host = createTestHost()): Promise<unknown> => {
      const attempted = made.run(createRunRequest({ cwd: '/' }), host);
      for (let next = await attempted.next(); ; next = await attempted.next())
        if (next.done === true) return next.value;
    };
    await expect(attempt()).resolves.toMatchObject({ status: 'completed', output: 'done' });
    fails = true;
    await expect(attempt()).rejects.toMatchObject({ code: 'agent_crashed' });
    expect(made.health()[0]).toMatchObject({ succeeded: 1, failed: 1, lastFailure: 'agent_crashed' });
    const host = createTestHost();
    host.cancel();
    await expect(attempt(host)).rejects.toMatchObject({ code: 'cancelled' });
    expect(made.health()[0]).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it.each([
    [{ candidates: [] }, 'invalid_input'],
    [{ candidates: [a, a] }, 'invalid_input'],
    [{ candidates: [router({ candidates: [a] })] }, 'invalid_input'],
    [{ candidates: [{ provider: a, weight: 0 }] }, 'invalid_input'],
    [{ candidates: [a], attempts: 0 }, 'invalid_input'],
    [{ candidates: [a], stickiness: -1 }, 'invalid_input'],
    [Object.assign({ candidates: [a] }, { strategie: 'priority' }), 'unknown_option'],
    [{ candidates: [a], breaker: Object.assign({ failures: 3 }, { cooldwn: 3 }) }, 'unknown_option'],
    [{ candidates: [Object.assign({ provider: a }, { weigth: 2 })] }, 'unknown_option'],
  ])('refuses options that are not right', (options, code) => {
    expect(() => router(options)).toThrow(expect.objectContaining({ code }));
  });
});
