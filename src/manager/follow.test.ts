import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { collect, readLog, waitForEvent } from '../../test/manager/log-check.ts';
import { sqlite, storeKinds } from '../../test/manager/store-kinds.ts';
import type { LogEvent } from '../domain/event.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { SessionHandle } from './session-handle.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

const script = [
  { say: 'a text in many pieces that come one by one', chunks: 20 },
  { awaitSteering: true },
  { stream: 'more ', times: 400 },
] as const;

const tails = [0, 1, 256].map((events) => ({ events, payload: 2 ** 20, totalPayload: 2 ** 26 }));

async function open(store: SessionStore, tail = tails[2]): Promise<SessionManager> {
  return await createSessionManager({
    store,
    providers: [scriptedProvider(script)],
    deltas: 'each',
    keepOpen: true,
    ...(tail === undefined ? {} : { tail }),
  });
}

describe.each(storeKinds)('followers on the $name store', (kind) => {
  it('see the same, early or late, with any tail, in any manager', async () => {
    await using place = kind.place();
    await using stack = new AsyncDisposableStack();
    const managers: SessionManager[] = [];
    const store = await place.open();
    for (const tail of tails) {
      const opened = kind.name === 'memory' ? store : stack.use(await place.open());
      managers.push(stack.use(await open(opened, tail)));
    }
    const executing = stack.use(await open(store, tails[1]));
    const session = await executing.createSession();
    const handles: SessionHandle[] = [];
    for (const manager of managers) handles.push(await manager.getSession(session.id));
    const early = handles.flatMap((handle) => [collect(handle.follow()), collect(handle.follow())]);
    const run = await session.run('go');
    const runs = await Promise.all(managers.map((manager) => manager.getRun(run.id)));
    const live = runs.flatMap((handle) => [collect(handle), collect(handle.events({ after: 5 }))]);
    await waitForEvent(run, 'message_received');
    const late = handles.map((handle) => collect(handle.follow({ after: 3 })));
    const some = runs.map((handle) => collect(handle.events({ types: ['message_received'] })));
    await run.steer('on');
    await run.result;
    await session.complete();
    const log = await readLog(store, session.id);
    const own = log.filter((event) => event.runId === run.id);
    expect(own.at(-1)?.type).toBe('run_completed');
    expect(log.at(-1)?.type).toBe('session_completed');
    for (const events of await Promise.all(early)) expect(events).toEqual(log);
    for (const events of await Promise.all(late)) expect(events).toEqual(log.slice(3));
    const wanted = own.filter((event) => event.type === 'message_received');
    for (const events of await Promise.all(some)) expect(events).toEqual(wanted);
    const afterFive = own.filter((event) => event.seq > 5);
    for (const [index, events] of (await Promise.all(live)).entries()) {
      expect(events).toEqual(index % 2 === 0 ? own : afterFive);
    }
    // And all of it again when it is over.
    for (const handle of handles) expect(await collect(handle.follow())).toEqual(log);
    for (const handle of runs) expect(await collect(handle)).toEqual(own);
    for (const handle of runs) expect(await collect(handle.events({ after: log.length }))).toEqual([]);
  });
});

describe('following', () => {
  it('does not read again what its own manager has written', async () => {
    await using place = sqlite.place();
    const acting = actingStore(await place.open());
    const steps = Array.from({ length: 20 }, () => ({ awaitSteering: true }) as const);
    await using manager = await createSessionManager({
      store: acting.store,
      providers: [scriptedProvider([{ say: 'ready' }, ...steps])],
    });
    const session = await manager.createSession();
    const followed = collect(session.follow());
    const run = await session.run('go');
    await waitForEvent(run, 'message_received');
    const reads = (): number => acting.names.filter((name) => name === 'events').length;
    const before = reads();
    for (const step of steps.keys()) await run.steer(`step ${step}`);
    await run.result;
    const made = reads() - before;
    await session.complete();
    expect((await followed).filter(({ type }) => type === 'run_steered')).toHaveLength(steps.length);
    // Not one for each of the twenty steps, each of which is several commits.
    expect(made).toBeLessThan(5);
  });

  it('ends at once when its signal aborts, in whatever it waits', async () => {
    await using manager = await open(memoryStore());
    const session = await manager.createSession();
    const run = await session.run('go');
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      collect(session.follow({ signal })),
      collect(run.events({ signal })),
      session.events({ after: 10_000 }, { signal, wait: 600_000 }),
    ];
    await waitForEvent(run, 'message_received');
    controller.abort();
    for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: 'cancelled' });
    await expect(collect(session.follow({ signal }))).rejects.toMatchObject({ code: 'cancelled' });
    await run.cancel();
  });

  it('ends when the manager is closed, also for what waits for a run of others', async () => {
    const store = memoryStore();
    await using manager = await open(store);
    const other = await open(store);
    const session = await manager.createSession();
    const run = await session.run('go');
    const waiting = [
      collect((await other.getSession(session.id)).follow()),
      (await other.getRun(run.id)).result,
    ];
    await waitForEvent(run, 'message_received');
    await other.close();
    for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: 'store_closed' });
  });

  it('refuses cursors and waits that are none', async () => {
    await using manager = await open(memoryStore());
    const session = await manager.createSession();
    for (const after of [-1, 0.5, Number.NaN, Infinity]) {
      const code = 'invalid_cursor';
      await expect(collect(session.follow({ after }))).rejects.toMatchObject({ code });
      await expect(session.events({ after })).rejects.toMatchObject({ code });
    }
    await expect(session.events({ after: 1 }, { wait: Number.NaN })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('waits for a page until there is one, or as long as it was told', async () => {
    await using place = sqlite.place();
    const store = await place.open();
    await using manager = await open(store);
    await using other = await open(await place.open());
    const session = await manager.createSession();
    const elsewhere = await other.getSession(session.id);
    const polls = [elsewhere, session, elsewhere].map((handle) =>
      handle.events({ after: 1 }, { wait: 600_000 }),
    );
    expect(await elsewhere.events({ after: 1 }, { wait: 1 })).toMatchObject({ events: [], scannedTo: 1 });
    await session.activate();
    for (const poll of polls)
      expect((await poll).events.map((event) => event.type)).toEqual(['session_activated']);
    await store[Symbol.asyncDispose]();
  });

  it('misses nothing that was committed while it began', async () => {
    const inner = memoryStore();
    const acting = actingStore(inner);
    await using manager = await open(acting.store);
    await using other = await open(inner);
    const session = await manager.createSession();
    const elsewhere = await other.getSession(session.id);
    const first = session.follow({ after: 1 })[Symbol.asyncIterator]();
    // Between its look at the end of the log and its watch.
    acting.afterCall(1, async () => void (await elsewhere.activate()));
    expect((await first.next()).value).toMatchObject({ type: 'session_activated' });
    await first.return?.();
  });

  it('goes on after a read that failed once', async () => {
    const inner = memoryStore();
    const acting = actingStore(inner);
    await using manager = await open(acting.store);
    await using other = await open(inner);
    const session = await manager.createSession();
    const followers = [collect(session.follow()), collect(session.follow())];
    await waitForEvent(session.follow(), 'session_created');
    acting.actAt(1, () => {
      acting.fail();
      acting.actAt(1, () => acting.fail(false));
    });
    await (await other.getSession(session.id)).cancel();
    const settled = await Promise.allSettled(followers);
    const log = await readLog(inner, session.id);
    for (const follower of settled) {
      if (follower.status === 'fulfilled') expect(follower.value).toEqual(log);
      else expect(follower.reason).toMatchObject({ code: 'storage_unavailable' });
    }
  });

  it('ends after the last event of a session, also when something comes after the end of its last run', async () => {
    const inner = memoryStore();
    const acting = actingStore(inner);
    await using manager = await open(acting.store);
    await using other = await open(inner);
    const session = await manager.createSession();
    const run = await session.run('go');
    await waitForEvent(run, 'message_received');
    const seen: LogEvent[] = [];
    const following = (async () => {
      for await (const event of session.follow()) {
        seen.push(event);
        if (event.type !== 'run_cancelled') continue;
        // A request that crossed with the end: now, before the follower looks whether all is over.
        await inner.commit({
          sessionId: session.id,
          events: [{ type: 'run_cancel_requested', time: 1, payload: '{"requestId":"late"}', runId: run.id }],
        });
      }
    })();
    await (await other.getSession(session.id)).cancel();
    await following;
    expect(seen).toEqual(await readLog(inner, session.id));
    expect(seen.at(-1)?.type).toBe('run_cancel_requested');
  });

  it('leaves nothing behind when it is left early', async () => {
    const clock = createTestClock();
    await using manager = await createSessionManager({
      store: memoryStore({ clock }),
      providers: [scriptedProvider(script)],
      clock,
    });
    const session = await manager.createSession();
    const before = clock.pendingTimers;
    for await (const event of session.follow()) if (event.type === 'session_created') break;
    expect(clock.pendingTimers).toBe(before);
  });
});
