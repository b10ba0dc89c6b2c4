import { expect, test } from 'vitest';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createConcurrencyLimiter, type Slot } from './concurrency-limiter.ts';

/** Notes in which order waits end. */
function noting(): { readonly order: string[]; note(name: string, slot: Promise<Slot>): Promise<Slot> } {
  const order: string[] = [];
  return {
    order,
    note: async (name, slot) => {
      const got = await slot;
      order.push(name);
      return got;
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('slots are given in the order of asking, each once', async () => {
  const limiter = createConcurrencyLimiter({ runs: 1 });
  const { order, note } = noting();
  const first = await note('a', limiter.acquireRun('x'));
  const others = ['b', 'c'].map((name) => note(name, limiter.acquireRun('x')));
  await settle();
  expect(order).toEqual(['a']);
  expect(limiter.status().runs).toEqual({ active: 1, waiting: 2, limit: 1 });
  first.release();
  first.release();
  await settle();
  expect(order).toEqual(['a', 'b']);
  (await others[0])?.release();
  await settle();
  expect(order).toEqual(['a', 'b', 'c']);
  (await others[1])?.release();
  expect(limiter.status()).toEqual({
    sessions: { active: 0, waiting: 0 },
    runs: { active: 0, waiting: 0, limit: 1 },
    providers: {},
  });
});

test('who waits for a provider holds up nobody who waits for another', async () => {
  const limiter = createConcurrencyLimiter({ runs: 3, providers: { claude: 1 } });
  const { order, note } = noting();
  const held = await limiter.acquireRun('claude');
  void note('claude', limiter.acquireRun('claude'));
  await note('codex', limiter.acquireRun('codex'));
  expect(order).toEqual(['codex']);
  expect(limiter.isWantedRun('claude')).toBe(true);
  expect(limiter.isWantedRun('codex')).toBe(false);
  expect(limiter.status().providers).toEqual({
    claude: { active: 1, waiting: 1, limit: 1 },
    codex: { active: 1, waiting: 0 },
  });
  held.release();
  await settle();
  expect(order).toEqual(['codex', 'claude']);
});

test('a wait ends with its deadline or its signal, and then takes nothing', async () => {
  const clock = createTestClock();
  const limiter = createConcurrencyLimiter({ runs: 1, sessions: 1 }, clock);
  const held = await limiter.acquireRun('x');
  const late = limiter.acquireRun('x', { deadline: 100 });
  const stop = new AbortController();
  const stopped = limiter.acquireRun('x', { signal: stop.signal });
  await limiter.acquireSession();
  const session = limiter.acquireSession({ deadline: 100 });
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  clock.advance(100);
  await expect(late).rejects.toMatchObject({ code: 'max_runs_exceeded' });
  await expect(session).rejects.toMatchObject({ code: 'max_sessions_exceeded' });
  await expect(limiter.acquireRun('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(clock.pendingTimers).toBe(0);
  held.release();
  expect(limiter.status().runs).toEqual({ active: 0, waiting: 0, limit: 1 });
});

test('limits are whole numbers from 1', () => {
  for (const runs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => createConcurrencyLimiter({ runs })).toThrow(/whole number from 1/);
    expect(() => createConcurrencyLimiter({ providers: { claude: runs } })).toThrow(/providers\.claude/);
  }
});
