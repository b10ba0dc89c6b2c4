import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { checkLog, typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { listCommand } from '../../test/manager/still-run.ts';
import { sqlite } from '../../test/manager/store-kinds.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ScriptStep, ScriptedToolStep } from '../testing/scripted-provider/script-step.ts';
import type { RunHandle } from './run-handle.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

/** A tool that runs until it is stopped. */
const endlessTool: ScriptedToolStep = {
  tool: listCommand,
  result: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    }),
};

interface Room extends AsyncDisposable {
  readonly store: SessionStore;
  /** Executes the runs. */
  readonly manager: SessionManager;
  /** Another manager on the same file, as another process would have it. */
  readonly other: SessionManager;
}

async function openRoom(script: readonly ScriptStep[]): Promise<Room> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(sqlite.place());
  const store = await place.open();
  const manager = stack.use(
    await createSessionManager({ store, providers: [scriptedProvider(script)], deltas: 'each' }),
  );
  const other = stack.use(await createSessionManager({ store: await place.open(), providers: [] }));
  return { store, manager, other, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('cancelling a run', () => {
  const moments: readonly (readonly [string, readonly ScriptStep[], string])[] = [
    ['while it speaks', [{ say: 'one two three', chunks: 3 }, { hang: true }], 'message_streamed'],
    ['in the middle of an endless text', [{ stream: 'x', times: 100_000_000 }], 'message_streamed'],
    ['while a tool runs', [endlessTool], 'tool_call_decided'],
    ['before it has said anything', [{ hang: true }], 'agent_started'],
  ];
  for (const [moment, script, type] of moments) {
    it.each(['the same manager', 'another manager'])(`${moment}, from %s`, async (from) => {
      await using room = await openRoom(script);
      const session = await room.manager.createSession();
      const run = await session.run('go', { permissionMode: 'full_auto' });
      await waitForEvent(run, type);
      const handle = from === 'another manager' ? await room.other.getRun(run.id) : run;
      const [first, second] = await Promise.all([handle.cancel('enough'), handle.cancel('twice')]);
      expect(first.status).toBe('cancelled');
      expect(second.status).toBe('cancelled');
      expect((await run.result).status).toBe('cancelled');
      const { events, runs } = await checkLog(room.store, session.id);
      expect(events.at(-1)).toMatchObject({ type: 'run_cancelled', data: { reason: 'enough' } });
      expect(runs[0]).not.toHaveProperty('error');
      expect(await room.store.leases.current(run.id)).toBeUndefined();
    });
  }

  it.each(['the same manager', 'another manager'])(
    'while a question is open, from %s: the question is withdrawn',
    async (from) => {
      await using room = await openRoom([{ tool: listCommand }]);
      const session = await room.manager.createSession();
      const asked = Promise.withResolvers<AbortSignal>();
      const run = await session.run('go', {
        authorize: (_call, { signal }) => {
          asked.resolve(signal);
          return new Promise(() => undefined);
        },
      });
      const signal = await asked.promise;
      expect(signal.aborted).toBe(false);
      const handle = from === 'another manager' ? await room.other.getRun(run.id) : run;
      expect((await handle.cancel()).status).toBe('cancelled');
      expect(signal.aborted).toBe(true);
      const { events } = await checkLog(room.store, session.id);
      expect(typesOf(events)).not.toContain('tool_call_decided');
      expect(events.find((event) => event.type === 'tool_call_failed')?.data).toMatchObject({
        reason: 'interrupted',
      });
    },
  );

  it('before it was started, twice at once, from two managers', async () => {
    await using room = await openRoom([{ say: 'x' }]);
    const session = await room.manager.createSession();
    for (let round = 0; round < 10; round++) {
      const { id } = await room.manager.startRun(session.id, 'go');
      const handles = [
        await room.manager.getRun(id),
        await room.manager.getRun(id),
        await room.other.getRun(id),
      ];
      const results = await Promise.all(handles.map((handle) => handle.cancel('not now')));
      expect(results.map((result) => result.status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
      await expect(room.manager.executeRun(id)).rejects.toMatchObject({ code: 'invalid_transition' });
    }
    const { events } = await checkLog(room.store, session.id);
    expect(typesOf(events)).not.toContain('run_started');
  });

  it('while it is just being executed', async () => {
    await using room = await openRoom([{ hang: true }]);
    const session = await room.manager.createSession();
    for (let round = 0; round < 20; round++) {
      const { id } = await room.manager.startRun(session.id, 'go');
      const handle = await room.other.getRun(id);
      const [started, result] = await Promise.allSettled([room.manager.executeRun(id), handle.cancel()]);
      expect(result).toMatchObject({ status: 'fulfilled', value: { status: 'cancelled' } });
      if (started.status === 'rejected') {
        expect(['invalid_transition', 'run_already_executing']).toContain(started.reason.code);
      }
    }
    await checkLog(room.store, session.id);
  });

  it('after its end does nothing and says how it ended', async () => {
    await using room = await openRoom([{ say: 'done' }]);
    const session = await room.manager.createSession();
    const run = await session.run('go');
    await run.result;
    const log = await session.events();
    expect((await run.cancel()).status).toBe('completed');
    expect((await (await room.other.getRun(run.id)).cancel()).status).toBe('completed');
    expect(await session.events()).toEqual(log);
  });

  it('by its signal, before and while it runs', async () => {
    await using room = await openRoom([{ say: 'x' }, { hang: true }]);
    const session = await room.manager.createSession();
    const controller = new AbortController();
    const run = await session.run('go', { signal: controller.signal });
    await waitForEvent(run, 'message_received');
    controller.abort();
    expect((await run.result).status).toBe('cancelled');
    const early = await session.run('go', { signal: AbortSignal.abort() });
    expect((await early.result).status).toBe('cancelled');
    const { events } = await checkLog(room.store, session.id);
    // The second one never reached its agent.
    expect(typesOf(events).filter((type) => type === 'agent_started')).toHaveLength(1);
  });

  it.each(['the run', 'its session'])(
    'by cancelling %s does not wait for an executor that is gone',
    async (what) => {
      await using place = sqlite.place();
      const store = await place.open();
      const times = { lease: 300 };
      await using manager = await createSessionManager({ store, providers: [], times });
      const session = await manager.createSession();
      const cut = actingStore(await place.open());
      await using gone = await createSessionManager({
        store: cut.store,
        providers: [scriptedProvider([{ say: 'x' }, { hang: true }])],
        // It stands still: the lease is not renewed, as if the process were gone.
        clock: createTestClock(),
        times,
      });
      const run = await (await gone.getSession(session.id)).run('go');
      await waitForEvent(run, 'message_received');
      cut.fail();
      const handle = await manager.getRun(run.id);
      if (what === 'the run') expect((await handle.cancel('gone')).status).toBe('cancelled');
      else expect((await session.cancel('over')).status).toBe('cancelled');
      expect((await handle.read()).status).toBe('cancelled');
      await gone.close();
      await expect(run.result).rejects.toMatchObject({ category: 'storage' });
      await checkLog(store, session.id);
    },
  );
});

describe('disposing a handle', () => {
  const open = async (): Promise<SessionManager> =>
    await createSessionManager({
      store: memoryStore(),
      providers: [scriptedProvider([{ say: 'x' }, { awaitSteering: true }])],
    });

  it('cancels the run that was started with it', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    let id = '';
    {
      await using run = await session.run('go');
      id = run.id;
    }
    expect((await (await manager.getRun(id)).result).status).toBe('cancelled');
    const pending = await manager.startRun(session.id, 'go');
    {
      await using _run = await manager.executeRun(pending.id);
    }
    expect((await (await manager.getRun(pending.id)).read()).status).toBe('cancelled');
  });

  it.each(['a detached run', 'a handle that was got'])('of %s leaves the run alone', async (what) => {
    await using manager = await open();
    const session = await manager.createSession();
    const run = await session.run('go', { detached: true });
    const handle: RunHandle = what === 'a detached run' ? run : await manager.getRun(run.id);
    await handle[Symbol.asyncDispose]();
    expect((await run.read()).status).toBe('running');
    await run.steer('go on');
    expect((await run.result).status).toBe('completed');
    await handle[Symbol.asyncDispose]();
  });
});
