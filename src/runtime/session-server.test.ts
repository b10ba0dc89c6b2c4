import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { memory, sqlite, storeKinds, type StoreKind } from '../../test/manager/store-kinds.ts';
import type { LogEvent } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ScriptStep } from '../testing/scripted-provider/script-step.ts';
import { createSeededRandom } from '../testing/store-contract/seeded-random.ts';
import { createConcurrencyLimiter } from './concurrency-limiter.ts';
import { createSessionServer, type SessionServer } from './session-server.ts';
import type { SessionServerOptions } from './session-server-options.ts';

interface Room extends AsyncDisposable {
  readonly store: SessionStore;
  readonly manager: SessionManager;
  serve(options?: Partial<SessionServerOptions>): Promise<SessionServer>;
  /** Another manager on the same data. */
  again(script?: readonly ScriptStep[]): Promise<SessionManager>;
}

async function openRoom(kind: StoreKind, script: readonly ScriptStep[] = [{ say: 'done' }]): Promise<Room> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(kind.place());
  const open = async (steps: readonly ScriptStep[]): Promise<SessionManager> =>
    stack.use(
      await createSessionManager({
        store: await place.open(),
        providers: [scriptedProvider(steps, { acceptAnyHandle: true })],
      }),
    );
  const manager = await open(script);
  return {
    store: await place.open(),
    manager,
    serve: async (options = {}) =>
      stack.use(await createSessionServer(manager, { session: { provider: 'scripted' }, ...options })),
    again: (steps = script) => open(steps),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function submitAll(server: SessionServer, count: number): Promise<readonly Run[]> {
  return await Promise.all(Array.from({ length: count }, (_, index) => server.submitRun(`job ${index}`)));
}

/** The runs in the order in which they started, and how many were running at most. */
async function history(
  store: SessionStore,
  server: SessionServer,
): Promise<{ readonly started: readonly string[]; readonly most: number }> {
  const { events } = await checkLog(store, server.sessionId);
  let running = 0;
  let most = 0;
  const started: string[] = [];
  for (const event of events) {
    if (event.type === 'run_started') {
      started.push(event.runId ?? '');
      most = Math.max(most, ++running);
    } else if (/^run_(completed|failed|timed_out)$/.test(event.type)) running--;
    else if (event.type === 'run_cancelled' && started.includes(event.runId ?? '')) running--;
  }
  return { started, most };
}

const ids = (runs: readonly Run[]): readonly string[] => runs.map((run) => run.id);

describe.each(storeKinds)('a session server ($name)', (kind) => {
  it('runs one after the other, in the order of the calls', async () => {
    await using room = await openRoom(kind);
    const server = await room.serve();
    const runs = await submitAll(server, 30);
    await server.drain();
    const { started, most } = await history(room.store, server);
    expect(started).toEqual(ids(runs));
    expect(most).toBe(1);
    const results = await Promise.all(runs.map((run) => server.awaitRun(run.id)));
    expect(results.map((result) => result.output)).toEqual(runs.map(() => 'done'));
  });

  it('runs as many at once as it has slots', async () => {
    await using room = await openRoom(kind, [{ say: 'begun' }, { wait: 30 }]);
    const server = await room.serve({ concurrentRuns: 3 });
    const runs = await submitAll(server, 9);
    await server.drain();
    const { started, most } = await history(room.store, server);
    expect(started).toEqual(ids(runs));
    expect(most).toBe(3);
  });

  it('refuses what has no place, and only that', async () => {
    await using room = await openRoom(kind, [{ hang: true }]);
    const server = await room.serve({ queuedRuns: 2 });
    const given = await Promise.allSettled(Array.from({ length: 5 }, () => server.submitRun('go')));
    expect(given.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(given[4]).toMatchObject({ reason: { code: 'max_queued_runs_exceeded', retryable: true } });
    const none = await room.serve({ queuedRuns: 0 });
    await none.submitRun('runs at once');
    await expect(none.submitRun('must wait')).rejects.toMatchObject({ code: 'max_queued_runs_exceeded' });
  });

  it('takes a key once', async () => {
    await using room = await openRoom(kind);
    const server = await room.serve();
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => server.submitRun('the same', { key: 'k' })),
    );
    expect(new Set(ids(runs)).size).toBe(1);
    await expect(server.submitRun('another', { key: 'k' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    await server.drain();
    expect((await room.manager.runs({ sessionId: server.sessionId })).rows).toHaveLength(1);
  });

  it('lets a waiting run be withdrawn and moved, and tells of both', async () => {
    await using room = await openRoom(kind, [{ hang: true }]);
    const server = await room.serve();
    const [first, a, b, c, d] = await submitAll(server, 5);
    if (!first || !a || !b || !c || !d) throw new Error('Too few runs.');
    const queue = async (): Promise<readonly string[]> => {
      for (;;) {
        const { queued, running } = await server.status();
        if (running.length === 1) return ids(queued);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    expect(await queue()).toEqual(ids([a, b, c, d]));
    expect(await server.withdrawRun(b.id)).toMatchObject({ status: 'cancelled' });
    await server.moveRun(d.id, 'first');
    expect(await queue()).toEqual(ids([d, a, c]));
    await server.moveRun(a.id, 'last');
    expect(await queue()).toEqual(ids([d, c, a]));
    await server.moveRun(a.id, { before: c.id });
    expect(await queue()).toEqual(ids([d, a, c]));
    await expect(server.withdrawRun(b.id)).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(server.withdrawRun(first.id)).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(server.moveRun(first.id, 'last')).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(server.moveRun(a.id, { before: b.id })).rejects.toMatchObject({ code: 'invalid_operation' });
    for (const run of [first, d, a, c]) await server.cancelRun(run.id, 'enough');
    await server.drain();
    const { started } = await history(room.store, server);
    expect(started).not.toContain(b.id);
  });

  it('says what an interrupt really did', async () => {
    await using room = await openRoom(kind, [{ say: 'on it' }, { hang: true }]);
    const server = await room.serve();
    const [running, waiting] = await submitAll(server, 2);
    if (running === undefined || waiting === undefined) throw new Error('Too few runs.');
    for await (const event of server.subscribe({ runId: running.id }))
      if (event.type === 'message_received') break;
    expect(await server.interruptRun(waiting.id)).toMatchObject({ as: 'refused' });
    expect(await server.interruptRun(running.id)).toMatchObject({
      as: 'interrupted',
      result: { status: 'completed', interrupted: true },
    });
    expect(await server.interruptRun(running.id)).toMatchObject({ as: 'too_late' });
  });

  it('starts nothing while its session is paused', async () => {
    await using room = await openRoom(kind);
    const server = await room.serve();
    await server.executeRun('make it active');
    const session = await room.manager.getSession(server.sessionId);
    await session.pause();
    const run = await server.submitRun('wait');
    await expect(server.awaitRun(run.id, { timeout: 50 })).rejects.toMatchObject({ code: 'timed_out' });
    expect(ids((await server.status()).queued)).toEqual([run.id]);
    await session.resume();
    expect(await server.awaitRun(run.id)).toMatchObject({ status: 'completed' });
  });

  it('ends the runs that wait when their session ends, and takes no more', async () => {
    await using room = await openRoom(kind, [{ hang: true }]);
    const server = await room.serve();
    const runs = await submitAll(server, 3);
    await (await room.manager.getSession(server.sessionId)).cancel('no more');
    const results = await Promise.all(runs.map((run) => server.awaitRun(run.id)));
    expect(results.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await expect(server.submitRun('more')).rejects.toMatchObject({ code: 'invalid_transition' });
    await checkLog(room.store, server.sessionId);
  });

  it('fails a run that can not start and goes on with the next', async () => {
    await using room = await openRoom(kind, [{ wait: 50 }]);
    const server = await room.serve();
    const folder = mkdtempSync(join(tmpdir(), 'asm-runtime-'));
    const runs = await Promise.all([
      server.submitRun('first'),
      server
        .submitRun('in a folder that goes away', { cwd: folder, continuation: 'native' })
        .catch(() => undefined),
      server.submitRun('last'),
    ]);
    rmSync(folder, { recursive: true });
    await server.drain();
    expect(await server.awaitRun((runs[2] ?? runs[0]).id)).toMatchObject({ status: 'completed' });
    await checkLog(room.store, server.sessionId);
  });

  it('refuses options that make no sense', async () => {
    await using room = await openRoom(kind);
    await expect(room.serve({ concurrentRuns: 0 })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(room.serve({ queuedRuns: Number.NaN })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(room.serve(JSON.parse('{"queueRuns":1}'))).rejects.toThrow(/Did you mean "queuedRuns"/);
    await expect(room.serve({ session: 'ses_none' })).rejects.toMatchObject({ code: 'session_not_found' });
    const server = await room.serve();
    const other = await room.serve();
    const run = await other.submitRun('go');
    await expect(server.awaitRun(run.id)).rejects.toMatchObject({ code: 'run_not_found' });
    await server.close();
    await expect(server.submitRun('late')).rejects.toMatchObject({ code: 'store_closed' });
  });

  it('shares a limit with other servers, in turns', async () => {
    await using room = await openRoom(kind, [{ wait: 5 }]);
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const [one, two] = [await room.serve({ limiter }), await room.serve({ limiter })];
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, limiter.status().runs.active)), 1);
    await Promise.all([submitAll(one, 8), submitAll(two, 8)]);
    await Promise.all([one.drain(), two.drain()]);
    clearInterval(watching);
    expect(most).toBe(1);
    expect(limiter.status().runs).toEqual({ active: 0, waiting: 0, limit: 1 });
    const events = [...(await checkLog(room.store, one.sessionId)).events];
    const others = (await checkLog(room.store, two.sessionId)).events;
    const starts = [...events, ...others]
      .filter((event) => event.type === 'run_started')
      .toSorted((first, second) => first.position - second.position)
      .map((event) => event.sessionId);
    // Neither keeps the slot to itself while the other waits.
    const longest = Math.max(
      ...starts.map((id, index) => starts.slice(index).findIndex((other) => other !== id)),
    );
    expect(longest).toBeLessThan(4);
  });

  it('fails the first that waits longer for the limiter than it may', async () => {
    await using room = await openRoom(kind, [{ hang: true }]);
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const busy = await room.serve({ limiter });
    const held = await busy.submitRun('hold the slot');
    for await (const event of busy.subscribe()) if (event.type === 'run_started') break;
    const server = await room.serve({ limiter, limiterDeadline: 30 });
    const run = await server.submitRun('wait');
    expect(await server.awaitRun(run.id)).toMatchObject({
      status: 'failed',
      error: { code: 'max_runs_exceeded' },
    });
    await busy.cancelRun(held.id);
  });

  it('gives each subscriber every event once, however late it comes', async () => {
    await using room = await openRoom(kind);
    const server = await room.serve({ queuedRuns: 1_000 });
    const seen: LogEvent[][] = [[], [], []];
    const stop = new AbortController();
    const read = async (into: LogEvent[], after: number): Promise<void> => {
      for await (const event of server.subscribe({ after, signal: stop.signal })) into.push(event);
    };
    const reading = [read(seen[0] ?? [], 0)];
    await submitAll(server, 40);
    reading.push(read(seen[1] ?? [], 0));
    await server.drain();
    reading.push(read(seen[2] ?? [], 7));
    const { events } = await checkLog(room.store, server.sessionId);
    while (seen.some((of, index) => of.length < events.length - (index === 2 ? 7 : 0)))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await server.status()).subscribers).toBe(3);
    stop.abort();
    await Promise.allSettled(reading);
    for (const [index, of] of seen.entries())
      expect(of.map((event) => event.seq)).toEqual(
        events.map((event) => event.seq).slice(index === 2 ? 7 : 0),
      );
    expect((await server.status()).subscribers).toBe(0);
  });

  it('does as a simple model does, whatever is done to it', { timeout: 600_000 }, async () => {
    for (let seed = 1; seed <= 6; seed++) {
      await using room = await openRoom(kind, [{ wait: 1 }]);
      const random = createSeededRandom(seed);
      const server = await room.serve({ concurrentRuns: 1 + (seed % 3), queuedRuns: 1_000 });
      const withdrawn = new Set<string>();
      const runs: Run[] = [];
      const session = await room.manager.getSession(server.sessionId);
      await session.activate();
      for (let step = 0; step < 60; step++) {
        const some = runs.length === 0 ? undefined : runs[random.below(runs.length)];
        const dice = random.below(10);
        if (dice < 5 || some === undefined) runs.push(await server.submitRun(`job ${step}`));
        else if (dice < 6) {
          await server.withdrawRun(some.id).then(
            () => withdrawn.add(some.id),
            () => undefined,
          );
        } else if (dice < 7)
          await server.moveRun(some.id, random.pick(['first', 'last'])).catch(() => undefined);
        else if (dice < 8) await server.cancelRun(some.id);
        else if (dice < 9) await session.pause().then(() => session.resume());
        else await new Promise((resolve) => setTimeout(resolve, random.below(4)));
      }
      await server.drain();
      const { started, most } = await history(room.store, server);
      expect(
        started.filter((id) => withdrawn.has(id)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(new Set(started).size).toBe(started.length);
      expect(most).toBeLessThanOrEqual(1 + (seed % 3));
    }
  });
});

describe('the queue of a session', () => {
  it('is there for the next server, in its order', async () => {
    await using room = await openRoom(sqlite, [{ hang: true }]);
    const server = await room.serve({ runOptions: { authorize: () => ({ decision: 'allow' }) } });
    const runs = await submitAll(server, 6);
    for await (const event of server.subscribe()) if (event.type === 'run_started') break;
    await room.manager.close();
    const next = await room.again([{ say: 'at last' }]);
    await expect(server.submitRun('late')).rejects.toThrow();
    await using after = await createSessionServer(next, {
      session: server.sessionId,
      runOptions: { authorize: () => ({ decision: 'allow' }) },
    });
    await after.drain();
    const { started } = await history(room.store, after);
    expect(started).toEqual(ids(runs));
    const rows = await Promise.all(runs.map((run) => after.awaitRun(run.id)));
    expect(rows.map(({ status }) => status)).toEqual([
      'cancelled',
      ...Array.from({ length: 5 }, () => 'completed'),
    ]);
  });

  it('is executed once when two servers have it', async () => {
    await using room = await openRoom(sqlite, [{ wait: 2 }]);
    const server = await room.serve();
    const other = await room.again();
    await using second = await createSessionServer(other, { session: server.sessionId });
    await Promise.all([submitAll(server, 20), submitAll(second, 20)]);
    await Promise.all([server.drain(), second.drain()]);
    const { started, most } = await history(room.store, server);
    expect(started).toHaveLength(40);
    expect(most).toBe(1);
  });

  it('takes ten thousand at once and runs each once, in order', { timeout: 600_000 }, async () => {
    await using room = await openRoom(memory, []);
    const server = await room.serve({ queuedRuns: 20_000 });
    const runs = await submitAll(server, 10_000);
    await server.drain();
    const started: string[] = [];
    for (let after = 0; ;) {
      const page = await room.store.events({
        sessionId: server.sessionId,
        after,
        limit: 1_000,
        types: ['run_started'],
      });
      started.push(...page.events.map((event) => event.runId ?? ''));
      after = page.scannedTo;
      if (!page.hasMore) break;
    }
    expect(started).toEqual(ids(runs));
  });
});
