import { describe, expect, it, vi } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { checkLog, collect } from '../../test/manager/log-check.ts';
import { AsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import type { Provider } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { ProviderScript } from '../testing/scripted-provider/script-step.ts';
import type { RunOnceOptions } from './run-once.ts';
import { createSessionManager } from './session-manager.ts';
import { streamOnce } from './stream-once.ts';

/** A provider that tells whether it was closed. */
function closable(script: ProviderScript): Provider & { readonly closed: () => boolean } {
  let closed = false;
  return {
    ...scriptedProvider(script),
    closed: () => closed,
    [Symbol.asyncDispose]: async () => void (closed = true),
  };
}

async function isClosed(store: SessionStore): Promise<boolean> {
  return await store.sessions({}).then(
    () => false,
    () => true,
  );
}

/** The only session of a store. */
async function onlySession(store: SessionStore): Promise<SessionId> {
  const { rows } = await store.sessions({});
  expect(rows).toHaveLength(1);
  return rows[0]?.id ?? expect.unreachable();
}

describe('runOnce', () => {
  it.each([
    ['completed', [{ say: 'x' }], 'completed'],
    ['failed', [{ fail: new AsmError('agent_failed', 'broke') }], 'failed'],
  ] as const)('ends its session as its run: %s', async (status, script, sessionStatus) => {
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [scriptedProvider(script)] });
    const result = await manager.runOnce('go', { session: { title: 'once' } });
    expect(result.status).toBe(status);
    const id = await onlySession(store);
    expect(await store.session(id)).toMatchObject({ status: sessionStatus, title: 'once' });
    await checkLog(store, id);
    expect(await isClosed(store)).toBe(false);
  });

  it('gives the result when its agent has ended, too, and does not store its end later for that', async () => {
    const store = memoryStore();
    const agent = Promise.withResolvers<void>();
    const scripted = scriptedProvider([{ say: 'x' }]);
    const provider: Provider = {
      ...scripted,
      async *run(request, host) {
        const outcome = yield* scripted.run(request, host);
        host.ending?.(agent.promise);
        return outcome;
      },
    };
    await using manager = await createSessionManager({ store, providers: [provider] });
    let isTold = false;
    const once = manager.runOnce('go').finally(() => (isTold = true));
    await expect.poll(async () => (await store.sessions({})).rows[0]?.status).toBe('completed');
    expect(isTold).toBe(false);
    agent.reject(new Error('It lives on.'));
    expect((await once).status).toBe('completed');
  });

  it('ends an agent that began early when no run took it: it was aborted, or could not be stored', async () => {
    const { store, refuse } = actingStore(memoryStore());
    const left: string[] = [];
    const begun: string[] = [];
    const provider: Provider = {
      ...scriptedProvider([{ say: 'x' }]),
      startEarly({ runId, lastRun }) {
        begun.push(`${runId} ${lastRun}`);
        return { [Symbol.asyncDispose]: async () => void left.push(`${runId} ${lastRun}`) };
      },
    };
    await using manager = await createSessionManager({ store, providers: [provider] });
    const { status } = await manager.runOnce('go', { signal: AbortSignal.abort() });
    expect(status).toBe('cancelled');
    expect(left).toEqual(begun);
    refuse(({ runs = [] }) => runs.length > 0);
    await expect(manager.runOnce('go')).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(left).toEqual(begun);
    expect(left).toHaveLength(2);
    await expect(manager.runOnce('')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(begun).toHaveLength(2);
  });

  it('gives the result also when somebody ended its session meanwhile', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }, { hang: true }])],
    });
    const result = await manager.runOnce('go', {
      onEvent: (event) => {
        if (event.type !== 'message_received') return;
        void manager.getSession(event.sessionId).then((session) => session.cancel('over'));
      },
    });
    expect(result.status).toBe('cancelled');
    await checkLog(store, await onlySession(store));
  });

  it('leaves the session open when another run was made in it meanwhile', async () => {
    const store = memoryStore();
    const scripted = scriptedProvider([{ say: 'x' }]);
    const provider: Provider = {
      ...scripted,
      async *run(request, host) {
        await manager.startRun(request.sessionId, 'later');
        return yield* scripted.run(request, host);
      },
    };
    await using manager = await createSessionManager({ store, providers: [provider] });
    expect(await manager.runOnce('go')).toMatchObject({ status: 'completed' });
    const id = await onlySession(store);
    expect(await store.session(id)).toMatchObject({ status: 'active' });
    expect((await store.runs({ sessionId: id, status: ['pending'] })).rows).toHaveLength(1);
  });

  it('ends the session when another run that was made in it has ended before', async () => {
    const store = memoryStore();
    const scripted = scriptedProvider([{ say: 'x' }]);
    const provider: Provider = {
      ...scripted,
      async *run(request, host) {
        const { id } = await manager.startRun(request.sessionId, 'never');
        await (await manager.getRun(id)).cancel();
        return yield* scripted.run(request, host);
      },
    };
    await using manager = await createSessionManager({ store, providers: [provider] });
    expect(await manager.runOnce('go')).toMatchObject({ status: 'completed' });
    expect(await store.session(await onlySession(store))).toMatchObject({ status: 'completed' });
  });

  it('leaves no open session behind when its run can not start', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [scriptedProvider([])] });
    const wrong: readonly RunOnceOptions[] = [{ maxTurns: 3 }, { cwd: '/nowhere/at/all' }, { maxTurns: 0 }];
    for (const options of wrong) await expect(manager.runOnce('go', options)).rejects.toThrow(AsmError);
    await expect(manager.runOnce('')).rejects.toMatchObject({ code: 'invalid_input' });
    for (const session of (await store.sessions({})).rows) expect(session.status).toBe('failed');
  });

  it('does not mind an observer that throws, at once or later', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'a b c', chunks: 3 }])],
      deltas: 'each',
    });
    const rejected = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', rejected);
    try {
      let seen = 0;
      const result = await manager.runOnce('go', {
        onEvent: async () => {
          seen++;
          await Promise.resolve();
          throw new Error('a broken observer');
        },
      });
      expect(result.status).toBe('completed');
      expect(seen).toBeGreaterThan(5);
      const throwing = await manager.runOnce('go', {
        onEvent: () => {
          throw new Error('a broken observer');
        },
      });
      expect(throwing.status).toBe('completed');
      await new Promise(setImmediate);
      expect(rejected).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', rejected);
    }
  });
});

describe('streamOnce', () => {
  it('closes what it opened, and only then', async () => {
    const store = memoryStore();
    const provider = closable([{ say: 'x' }]);
    const stream = await streamOnce('go', { open: { store, providers: [provider] } });
    const events = await collect(stream);
    expect(events.at(-1)?.type).toBe('run_completed');
    expect(await collect(stream)).toEqual(events);
    expect((await stream.result).status).toBe('completed');
    expect(await store.session(stream.run.sessionId)).toMatchObject({ status: 'active' });
    await stream[Symbol.asyncDispose]();
    await stream[Symbol.asyncDispose]();
    expect(provider.closed()).toBe(true);
    expect(await isClosed(store)).toBe(true);
  });

  it('leaves open what it was handed', async () => {
    const store = memoryStore();
    const provider = closable([{ say: 'x' }]);
    await using manager = await createSessionManager({ store, providers: [provider] });
    {
      await using stream = await streamOnce('go', { manager });
      await collect(stream);
    }
    expect(provider.closed()).toBe(false);
    expect(await store.session(await onlySession(store))).toMatchObject({ status: 'completed' });
    {
      await using own = await streamOnce('go', { open: { store, providers: [provider], keepOpen: true } });
      await own.result;
    }
    expect(provider.closed()).toBe(false);
    expect(await isClosed(store)).toBe(false);
  });

  it('stops a run whose stream is left early', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }, { hang: true }])],
    });
    {
      await using stream = await streamOnce('go', { manager });
      for await (const event of stream) if (event.type === 'message_received') break;
    }
    const { runs } = await checkLog(store, await onlySession(store));
    expect(runs.map((run) => run.status)).toEqual(['cancelled']);
  });

  it('closes what it opened when the run can not start or its store fails', async () => {
    const store = memoryStore();
    const provider = closable([{ say: 'x' }, { hang: true }]);
    await expect(streamOnce('', { open: { store, providers: [provider] } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect(provider.closed()).toBe(true);
    expect(await isClosed(store)).toBe(true);
    const inner = memoryStore();
    const acting = actingStore(inner);
    const other = closable([{ say: 'x' }, { hang: true }]);
    const stream = await streamOnce('go', { open: { store: acting.store, providers: [other] } });
    acting.fail();
    await expect(stream[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(other.closed()).toBe(true);
    expect(await isClosed(inner)).toBe(true);
  });

  it('leaves no open session behind in a manager that it was handed', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({ store, providers: [scriptedProvider([])] });
    await expect(streamOnce('', { manager })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await store.session(await onlySession(store))).toMatchObject({ status: 'failed' });
  });

  it('does not mind a session that its caller has ended', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }])],
    });
    await using stream = await streamOnce('go', { manager });
    await stream.result;
    await (await manager.getSession(stream.run.sessionId)).complete();
  });
});
