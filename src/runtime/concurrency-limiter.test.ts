import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../test/runtime/refusal.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createConcurrencyLimiter, type Slot } from './concurrency-limiter.ts';

/** Lets promises that are settled tell. */
const settle = async (): Promise<void> => await new Promise(setImmediate);

describe('a concurrency limiter', () => {
  it('gives places in the order in which they were asked for', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const first = await limiter.acquireRun('a');
    const given: string[] = [];
    const asked = ['x', 'y', 'z'].map(async (name) => {
      const slot = await limiter.acquireRun('a');
      given.push(name);
      return slot;
    });
    expect(limiter.status().runs).toEqual({ active: 1, waiting: 3, limit: 1 });
    first.release();
    for (const slot of asked) (await slot).release();
    expect(given).toEqual(['x', 'y', 'z']);
    expect(limiter.status()).toEqual({
      sessions: { active: 0, waiting: 0 },
      runs: { active: 0, waiting: 0, limit: 1 },
      providers: {},
    });
  });

  it('gives a place back once, however often it is released', async () => {
    const limiter = createConcurrencyLimiter({ runs: 2 });
    const one = await limiter.acquireRun('a');
    await limiter.acquireRun('a');
    one.release();
    one.release();
    one[Symbol.dispose]();
    expect(limiter.status().runs.active).toBe(1);
  });

  it('lets one that waits for a provider hold up nobody who waits for another', async () => {
    const limiter = createConcurrencyLimiter({ runs: 2, providers: { a: 1 } });
    const first = await limiter.acquireRun('a');
    const waits = limiter.acquireRun('a');
    const other = await limiter.acquireRun('b');
    expect(limiter.status().providers).toEqual({
      a: { active: 1, waiting: 1, limit: 1 },
      b: { active: 1, waiting: 0 },
    });
    expect([limiter.isWantedRun('a'), limiter.isWantedRun('b')]).toEqual([true, false]);
    first.release();
    (await waits).release();
    other.release();
  });

  it('does not let a newcomer overtake one that waits for the same place', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const first = await limiter.acquireRun('a');
    const given: string[] = [];
    const waits = limiter.acquireRun('b').then((slot) => {
      given.push('waited');
      return slot;
    });
    first.release();
    const late = limiter.acquireRun('a').then((slot) => {
      given.push('late');
      return slot;
    });
    (await waits).release();
    (await late).release();
    expect(given).toEqual(['waited', 'late']);
  });

  it('refuses after the deadline, naming the limits, and forgets whoever waited', async () => {
    const clock = createTestClock();
    const limiter = createConcurrencyLimiter({ runs: 1, sessions: 1, providers: { a: 3 } }, clock);
    const run = await limiter.acquireRun('a');
    await limiter.acquireSession();
    const late = refusalOf(limiter.acquireRun('a', { deadline: 500 }));
    const lateSession = refusalOf(limiter.acquireSession({ deadline: 500 }));
    clock.advance(500);
    expect(await late).toMatchObject({
      code: 'max_runs_exceeded',
      message:
        'No place was free within 500 ms (limits: run 1, provider:a 3). Raise the limit or the deadline.',
    });
    expect(await lateSession).toMatchObject({ code: 'max_sessions_exceeded' });
    expect(limiter.status().runs.waiting).toBe(0);
    run.release();
    expect(limiter.status().runs.active).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets one go whose signal aborts, before and while it waits', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const first = await limiter.acquireRun('a');
    const stop = new AbortController();
    const waits = refusalOf(limiter.acquireRun('a', { signal: stop.signal }));
    stop.abort();
    expect(await waits).toMatchObject({ code: 'cancelled' });
    await expect(limiter.acquireRun('a', { signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    first.release();
    expect(limiter.status().runs).toMatchObject({ active: 0, waiting: 0 });
  });

  it('never exceeds a limit, whatever comes and goes', async () => {
    const limiter = createConcurrencyLimiter({ runs: 3, providers: { a: 1, b: 2 } });
    const active = new Map<string, number>();
    let most = 0;
    const work = async (provider: string, turns: number): Promise<void> => {
      const slot: Slot = await limiter.acquireRun(provider);
      active.set(provider, (active.get(provider) ?? 0) + 1);
      most = Math.max(
        most,
        [...active.values()].reduce((sum, count) => sum + count),
      );
      expect(active.get('a') ?? 0).toBeLessThanOrEqual(1);
      expect(active.get('b') ?? 0).toBeLessThanOrEqual(2);
      for (let turn = 0; turn < turns; turn++) await settle();
      active.set(provider, (active.get(provider) ?? 0) - 1);
      slot.release();
    };
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => work(['a', 'b', 'c'][index % 3] ?? 'c', index % 4)),
    );
    expect(most).toBe(3);
    expect(limiter.status().runs).toEqual({ active: 0, waiting: 0, limit: 3 });
  });

  it.each([-1, Number.NaN])('refuses a deadline of %s, also where a place is free', async (deadline) => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    for (const asked of [limiter.acquireRun('a', { deadline }), limiter.acquireSession({ deadline })])
      expect(await refusalOf(asked)).toMatchObject({ code: 'invalid_input' });
    expect(limiter.status().runs).toMatchObject({ active: 0, waiting: 0 });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a limit of %s', (limit) => {
    for (const limits of [{ runs: limit }, { sessions: limit }, { providers: { a: limit } }])
      expect(() => createConcurrencyLimiter(limits)).toThrow(/a whole number from 1/);
  });
});
