import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { checkLog, typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { sqlite } from '../../test/manager/store-kinds.ts';
import type { Provider, Steering } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

interface Room extends AsyncDisposable {
  readonly store: SessionStore;
  readonly manager: SessionManager;
  readonly other: SessionManager;
}

/** Two managers on one file. */
async function openRoom(provider: Provider): Promise<Room> {
  const stack = new AsyncDisposableStack();
  const place = stack.use(sqlite.place());
  const store = await place.open();
  const manager = stack.use(await createSessionManager({ store, providers: [provider] }));
  const other = stack.use(await createSessionManager({ store: await place.open(), providers: [] }));
  return { store, manager, other, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function* listened(
  steering: AsyncIterable<Steering>,
  heard: string[],
): AsyncGenerator<Steering, void, void> {
  for await (const one of steering) {
    heard.push(one.message.text);
    yield one;
  }
}

describe('speaking to a running run', () => {
  it('steers it from another manager, in order, and interrupts it', async () => {
    await using room = await openRoom(
      scriptedProvider([{ awaitSteering: true }, { awaitSteering: true }, { hang: true }]),
    );
    const session = await room.manager.createSession();
    const run = await session.run('go');
    const handle = await room.other.getRun(run.id);
    expect(await handle.steer('left')).toEqual({ as: 'delivered' });
    expect(await handle.steer('right')).toEqual({ as: 'delivered' });
    for await (const event of handle) {
      if (event.type === 'message_received' && event.data.text === 'Heard: right') break;
    }
    expect(await handle.interrupt()).toMatchObject({ status: 'completed', interrupted: true });
    expect(await run.result).toMatchObject({
      status: 'completed',
      interrupted: true,
      output: 'Heard: right',
    });
    const { events } = await checkLog(room.store, session.id);
    expect(
      events.flatMap((event) =>
        event.type === 'message_sent' && event.data.steering ? [event.data.text] : [],
      ),
    ).toEqual(['left', 'right']);
    expect(typesOf(events).filter((type) => type === 'run_interrupted')).toHaveLength(1);
  });

  it('gives the agent what was said, with the secret that is not stored, or refuses to', async () => {
    const heard: string[] = [];
    const inner = scriptedProvider([{ awaitSteering: true }]);
    await using room = await openRoom({
      ...inner,
      run: (request, host) => inner.run(request, { ...host, steering: listened(host.steering, heard) }),
    });
    const session = await room.manager.createSession();
    const run = await session.run('go');
    const secret = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;
    const elsewhere = await room.other.getRun(run.id);
    await expect(elsewhere.steer(`Use ${secret}.`)).rejects.toMatchObject({ code: 'invalid_operation' });
    const here = await room.manager.getRun(run.id);
    expect(await here.steer(`Use ${secret}.`)).toEqual({ as: 'delivered' });
    await run.result;
    expect(heard).toEqual([`Use ${secret}.`]);
    const { events } = await checkLog(room.store, session.id);
    expect(JSON.stringify(events)).not.toContain(secret);
    const said = events.filter(({ type }) => type === 'run_steer_requested');
    expect(said).toMatchObject([{ data: { message: { text: 'Use [REDACTED:github_token].' } } }]);
  });

  it.each(['the same manager', 'another manager'])(
    'is refused where the provider can not, from %s',
    async (from) => {
      await using room = await openRoom(
        scriptedProvider([{ hang: true }], {
          capabilities: { steer: 'unsupported', interrupt: 'unsupported' },
        }),
      );
      const session = await room.manager.createSession();
      const run = await session.run('go');
      const handle = from === 'another manager' ? await room.other.getRun(run.id) : run;
      expect(await handle.steer('left')).toMatchObject({ as: 'refused' });
      await expect(handle.interrupt()).rejects.toMatchObject({ code: 'capability_not_supported' });
      expect((await run.read()).status).toBe('running');
      await run.cancel();
      await checkLog(room.store, session.id);
    },
  );

  it('is refused before it runs and after its end, and with nothing to say', async () => {
    await using room = await openRoom(scriptedProvider([{ say: 'done' }]));
    const session = await room.manager.createSession();
    const pending = await room.manager.getRun((await room.manager.startRun(session.id, 'later')).id);
    const run = await session.run('go');
    await run.result;
    const log = await session.events();
    for (const handle of [pending, run, await room.other.getRun(run.id)]) {
      await expect(handle.steer('left')).rejects.toMatchObject({ code: 'invalid_operation' });
      await expect(handle.interrupt()).rejects.toMatchObject({ code: 'invalid_operation' });
      await expect(handle.steer(' ')).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(handle.steer('x'.repeat(300_000))).rejects.toMatchObject({ code: 'invalid_input' });
    }
    expect(await session.events()).toEqual(log);
    await session.cancel();
  });

  it('gets an answer also when the run ends before the agent has read the message', async () => {
    await using room = await openRoom(scriptedProvider([{ say: 'x' }, { hang: true }]));
    const session = await room.manager.createSession();
    const run = await session.run('go');
    await waitForEvent(run, 'message_received');
    // The hanging agent takes messages in but is interrupted meanwhile.
    const [steered, interrupted] = await Promise.all([run.steer('left'), run.interrupt()]);
    expect(['delivered', 'refused']).toContain(steered.as);
    expect(interrupted.status).toBe('completed');
    const { events } = await checkLog(room.store, session.id);
    expect(typesOf(events).filter((type) => type === 'run_steered').length).toBeLessThanOrEqual(1);
  });

  it.each<[how: string, start: (manager: SessionManager) => Promise<{ readonly status: string }>]>([
    ['session.run', async (manager) => (await (await manager.createSession()).run('go')).result],
    ['runOnce', async (manager) => await manager.runOnce('go')],
    [
      'executeRun',
      async (manager) => {
        const run = await manager.startRun((await manager.createSession()).id, 'go');
        return (await manager.executeRun(run.id)).result;
      },
    ],
  ])('is heard when it was stored before the start of %s was known here', async (_how, start) => {
    await using place = sqlite.place();
    await using elsewhere = await place.open();
    const acting = actingStore(await place.open());
    await using manager = await createSessionManager({
      store: acting.store,
      providers: [scriptedProvider([{ hang: true }])],
    });
    await using other = await createSessionManager({ store: elsewhere, providers: [], keepOpen: true });
    let cancelled: Promise<unknown> | undefined;
    const cancel = async (): Promise<void> => {
      const [run] = (await elsewhere.runs({ status: ['running'] })).rows;
      if (run === undefined) return acting.afterNext('commit', cancel);
      const types = ['run_cancel_requested'] as const;
      const { id, sessionId, logStart: after } = run;
      cancelled = (await other.getRun(id)).cancel('Not now.');
      while ((await elsewhere.events({ sessionId, types, after })).events.length === 0)
        await new Promise(setImmediate);
    };
    acting.afterNext('commit', cancel);
    expect(await start(manager)).toMatchObject({ status: 'cancelled' });
    expect(await cancelled).toMatchObject({ status: 'cancelled' });
  });

  it('is heard again after the store could not be read for a while', async () => {
    const inner = memoryStore();
    const acting = actingStore(inner);
    const clock = createTestClock();
    const options = { providers: [scriptedProvider([{ awaitSteering: true }, { hang: true }])], clock };
    await using manager = await createSessionManager({ ...options, store: acting.store, keepOpen: true });
    await using other = await createSessionManager({ providers: [], store: inner });
    const session = await manager.createSession();
    const run = await session.run('go');
    const handle = await other.getRun(run.id);
    await waitForEvent(handle, 'agent_started');
    await new Promise(setImmediate);
    acting.fail();
    const failed = acting.calls;
    const steered = handle.steer('left');
    // The run's reader is woken, and fails.
    while (acting.calls === failed) await new Promise(setImmediate);
    acting.fail(false);
    const paused = acting.calls;
    for (; acting.calls === paused; await new Promise(setImmediate)) clock.advance(100);
    expect(await steered).toEqual({ as: 'delivered' });
    expect((await handle.cancel()).status).toBe('cancelled');
    await checkLog(inner, session.id);
    await manager.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be given up by a signal', async () => {
    // A provider that never reads what it is told.
    const deaf: Provider = {
      ...scriptedProvider([]),
      async *run(_request, host) {
        yield { type: 'agent_started', data: { continuity: 'fresh' } };
        await new Promise((resolve) => host.signal.addEventListener('abort', resolve, { once: true }));
        throw host.signal.reason;
      },
    };
    await using room = await openRoom(deaf);
    const session = await room.manager.createSession();
    const run = await session.run('go');
    const controller = new AbortController();
    const steered = run.steer('left', { signal: controller.signal });
    const interrupted = run.interrupt({ signal: controller.signal });
    await waitForEvent(run, 'run_interrupted');
    controller.abort();
    await expect(steered).rejects.toMatchObject({ code: 'cancelled' });
    await expect(interrupted).rejects.toMatchObject({ code: 'cancelled' });
    expect((await run.cancel()).status).toBe('cancelled');
    const { events } = await checkLog(room.store, session.id);
    // What was never read is answered at the end.
    expect(events.find((event) => event.type === 'run_steered')?.data).toMatchObject({ as: 'refused' });
  });
});
