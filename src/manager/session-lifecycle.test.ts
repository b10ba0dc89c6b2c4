import { describe, expect, it } from 'vitest';
import { checkLog, typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { storeKinds } from '../../test/manager/store-kinds.ts';
import { AsmError, isAsmError } from '../domain/error.ts';
import { canMoveSession, isTerminalSession, sessionStatuses, type SessionStatus } from '../domain/session.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ProviderScript } from '../testing/scripted-provider/script-step.ts';
import type { SessionHandle } from './session-handle.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

async function open(script: ProviderScript = [{ say: 'hi' }]): Promise<SessionManager> {
  return await createSessionManager({ store: memoryStore(), providers: [scriptedProvider(script)] });
}

/** Brings a new session into a state. */
const reach: Record<SessionStatus, (session: SessionHandle) => Promise<unknown>> = {
  pending: async () => undefined,
  active: (session) => session.activate(),
  paused: async (session) => [await session.activate(), await session.pause()],
  completed: async (session) => [await session.activate(), await session.complete()],
  failed: (session) => session.fail(new AsmError('agent_failed', 'It broke.')),
  cancelled: (session) => session.cancel('enough'),
};

interface Move {
  readonly name: string;
  readonly to: SessionStatus;
  /** From where it is allowed, if not from everywhere that the states allow. */
  readonly from?: SessionStatus;
  readonly make: (session: SessionHandle) => Promise<unknown>;
}

const moves: readonly Move[] = [
  { name: 'activate', to: 'active', from: 'pending', make: (session) => session.activate() },
  { name: 'pause', to: 'paused', make: (session) => session.pause() },
  { name: 'resume', to: 'active', from: 'paused', make: (session) => session.resume() },
  { name: 'complete', to: 'completed', make: (session) => session.complete() },
  { name: 'fail', to: 'failed', make: (session) => session.fail(new AsmError('agent_failed', 'It broke.')) },
  { name: 'cancel', to: 'cancelled', make: (session) => session.cancel() },
];

describe('moving a session', () => {
  it.each(sessionStatuses.flatMap((from) => moves.map((move) => ({ from, move, name: move.name }))))(
    'by $name when it is $from',
    async ({ from, move }) => {
      await using manager = await open();
      const session = await manager.createSession();
      await reach[from](session);
      const before = await session.read();
      const log = await session.events();
      if (canMoveSession(from, move.to) && (move.from === undefined || move.from === from)) {
        await move.make(session);
        expect(await session.read()).toMatchObject({ status: move.to, version: before.version + 1 });
        expect((await session.events()).latestSeq).toBe(log.latestSeq + 1);
      } else {
        await expect(move.make(session)).rejects.toMatchObject({ code: 'invalid_transition' });
        expect(await session.read()).toEqual(before);
        expect(await session.events()).toEqual(log);
      }
    },
  );

  it.each(sessionStatuses.filter((status) => status !== 'active' && status !== 'pending'))(
    'no run starts or is made when it is %s',
    async (status) => {
      await using manager = await open();
      const session = await manager.createSession();
      await reach[status](session);
      const log = await session.events();
      const code = 'invalid_transition';
      await expect(session.run('go')).rejects.toMatchObject({ code });
      await expect(manager.startRun(session.id, 'go')).rejects.toMatchObject({ code });
      expect(await session.events()).toEqual(log);
      expect(await session.runs()).toEqual([]);
    },
  );

  it('keeps an error that is none of ours as the reason of a failure', async () => {
    await using manager = await open();
    const session = await manager.createSession();
    // What a caller without types hands in.
    await Reflect.apply(session.fail, session, [new TypeError('not ours')]);
    const { events } = await session.events();
    expect(events.at(-1)).toMatchObject({
      type: 'session_failed',
      data: { error: { code: 'internal_error' } },
    });
  });
});

describe('a session with open runs', () => {
  it('is not completed before they have ended', async () => {
    await using manager = await open([{ say: 'x' }, { hang: true }]);
    const session = await manager.createSession();
    const pending = await manager.startRun(session.id, 'later');
    await session.activate();
    await expect(session.complete()).rejects.toMatchObject({
      code: 'invalid_operation',
      details: { runId: pending.id },
    });
    const run = await manager.executeRun(pending.id);
    await expect(session.complete()).rejects.toMatchObject({ code: 'invalid_operation' });
    await run.cancel();
    expect((await session.complete()).status).toBe('completed');
  });

  it('goes on with a running run while it is paused', async () => {
    await using manager = await open([{ awaitSteering: true }]);
    const session = await manager.createSession();
    const run = await session.run('go');
    await session.pause();
    const pending = session.run('another');
    await expect(pending).rejects.toMatchObject({ code: 'invalid_transition' });
    expect(await run.steer('on')).toEqual({ as: 'delivered' });
    expect((await run.result).status).toBe('completed');
    await session.resume();
    expect((await session.complete()).status).toBe('completed');
  });

  it.each(['cancel', 'fail'] as const)('ends them when it is ended by %s', async (how) => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }, { hang: true }])],
    });
    const session = await manager.createSession();
    const pending = await manager.startRun(session.id, 'later');
    const run = await session.run('go');
    await waitForEvent(run, 'message_received');
    await (how === 'cancel'
      ? session.cancel('over')
      : session.fail(new AsmError('agent_failed', 'It broke.')));
    expect((await run.result).status).toBe('cancelled');
    expect((await (await manager.getRun(pending.id)).read()).status).toBe('cancelled');
    const { events } = await checkLog(store, session.id);
    expect(typesOf(events)).toContain(how === 'cancel' ? 'session_cancelled' : 'session_failed');
    await expect(manager.executeRun(pending.id)).rejects.toMatchObject({ code: 'invalid_transition' });
  });
});

describe.each(storeKinds)('on the $name store', (kind) => {
  it('either a run starts or the session completes, never both', async () => {
    await using place = kind.place();
    const shared = kind.name === 'memory';
    for (let round = 0; round < 20; round++) {
      const store = await place.open();
      const providers = [scriptedProvider([{ hang: true }])];
      await using one = await createSessionManager({ store, providers, keepOpen: shared });
      await using two = await createSessionManager({
        store: await place.open(),
        providers,
        keepOpen: shared,
      });
      const session = await one.createSession();
      await session.activate();
      const elsewhere = await two.getSession(session.id);
      const [started, completed] = await Promise.allSettled([
        round % 2 === 0 ? session.run('go') : one.startRun(session.id, 'go'),
        elsewhere.complete(),
      ]);
      const refused = [started, completed].filter((attempt) => attempt.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(isAsmError(refused[0]?.reason) && refused[0].reason.code).toBe(
        started.status === 'rejected' ? 'invalid_transition' : 'invalid_operation',
      );
      const { runs } = await checkLog(store, session.id, { settled: false });
      const row = await elsewhere.read();
      expect(isTerminalSession(row.status)).toBe(runs.length === 0);
      if (runs.length > 0) await session.cancel();
    }
  });
});
