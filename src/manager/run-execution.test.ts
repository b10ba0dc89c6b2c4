import { describe, expect, it } from 'vitest';
import { checkLog, typesOf, waitForEvent } from '../../test/manager/log-check.ts';
import { sqlite, storeKinds } from '../../test/manager/store-kinds.ts';
import { isAsmError } from '../domain/error.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const hangs = () => scriptedProvider([{ say: 'x' }, { awaitSteering: true }]);

/** The codes of what was refused. */
function codesOf(settled: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return settled.flatMap((one) =>
    one.status === 'rejected' ? [isAsmError(one.reason) ? one.reason.code : one.reason] : [],
  );
}

describe('a pending run', () => {
  it.each(storeKinds)('is executed once when it is asked for twice at once ($name)', async (kind) => {
    await using place = kind.place();
    const store = await place.open();
    await using manager = await createSessionManager({ store, providers: [hangs()] });
    const session = await manager.createSession();
    const { id } = await manager.startRun(session.id, 'go');
    const settled = await Promise.allSettled([
      manager.executeRun(id),
      manager.executeRun(id),
      manager.executeRun(id),
    ]);
    const refused = codesOf(settled);
    expect(refused).toHaveLength(2);
    for (const code of refused) expect(['run_already_executing', 'invalid_transition']).toContain(code);
    const run = await manager.getRun(id);
    // Again while it runs: the one that executes it keeps it.
    await waitForEvent(run, 'message_received');
    await expect(manager.executeRun(id)).rejects.toMatchObject({ code: 'run_already_executing' });
    expect(await run.steer('on')).toEqual({ as: 'delivered' });
    expect((await run.result).status).toBe('completed');
    await expect(manager.executeRun(id)).rejects.toMatchObject({ code: 'invalid_transition' });
    await checkLog(store, session.id);
  });

  it('is executed once when two managers on one file are asked at once', async () => {
    await using place = sqlite.place();
    const store = await place.open();
    await using one = await createSessionManager({ store, providers: [hangs()] });
    await using two = await createSessionManager({ store: await place.open(), providers: [hangs()] });
    const session = await one.createSession();
    for (let round = 0; round < 10; round++) {
      const { id } = await one.startRun(session.id, 'go');
      const settled = await Promise.allSettled([one.executeRun(id), two.executeRun(id)]);
      const [code, ...others] = codesOf(settled);
      expect(others).toEqual([]);
      expect(['run_already_executing', 'invalid_transition']).toContain(code);
      const run = await one.getRun(id);
      await run.steer('on');
      expect((await run.result).status).toBe('completed');
    }
    await checkLog(store, session.id);
  });

  it('can be executed by whoever comes later, with what it was made with', async () => {
    const store = memoryStore();
    const texts: (readonly string[])[] = [];
    const provider = scriptedProvider(({ history, request }) => {
      texts.push(history);
      return [{ say: request.cwd }];
    });
    await using one = await createSessionManager({ store, providers: [provider], keepOpen: true });
    await using two = await createSessionManager({ store, providers: [provider], keepOpen: true });
    const session = await one.createSession();
    await (
      await session.run('first')
    ).result;
    const made = await one.startRun(session.id, 'second', { cwd: '/tmp', limits: { total: 5_000 } });
    const result = await (await two.executeRun(made.id)).result;
    // The folder and the conversation are those of the run, not of the process that executes it.
    expect(result.output).toBe('/tmp');
    expect(texts[1]?.[0]).toBe('first');
    const again = await one.startRun(session.id, 'third', { continuation: 'native' });
    expect((await (await two.executeRun(again.id)).result).status).toBe('completed');
    expect(texts[2]).toContain('second');
    await checkLog(store, session.id);
  });

  it('goes on from the runs before it, also from those after it was made', async () => {
    const store = memoryStore();
    const texts: (readonly string[])[] = [];
    const provider = scriptedProvider(({ history }) => {
      texts.push([...history]);
      return [{ say: 'yes' }];
    });
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    const made = await manager.startRun(session.id, 'second');
    await (
      await session.run('first')
    ).result;
    await (
      await manager.executeRun(made.id)
    ).result;
    expect(texts[1]).toEqual(['first', 'yes', 'second']);
  });

  it('is not executed with options that its provider can not keep', async () => {
    const store = memoryStore();
    const provider = scriptedProvider([{ say: 'x' }], {
      capabilities: { approval_before_tool: 'unsupported' },
    });
    await using manager = await createSessionManager({ store, providers: [provider] });
    const session = await manager.createSession();
    const { id } = await manager.startRun(session.id, 'go');
    await expect(manager.executeRun(id, { authorize: () => ({ decision: 'allow' }) })).rejects.toMatchObject({
      code: 'capability_not_supported',
    });
    expect((await (await manager.getRun(id)).read()).status).toBe('pending');
    expect((await (await manager.executeRun(id)).result).status).toBe('completed');
  });

  it('needs the options again that are not stored', async () => {
    const store = memoryStore();
    await using one = await createSessionManager({ store, providers: [hangs()], keepOpen: true });
    await using two = await createSessionManager({ store, providers: [hangs()], keepOpen: true });
    const session = await one.createSession();
    const ruled = await one.startRun(session.id, 'go', { authorize: () => ({ decision: 'allow' }) });
    await expect(two.executeRun(ruled.id)).rejects.toMatchObject({
      code: 'invalid_operation',
      details: { missing: ['authorize'] },
    });
    const secret = await one.startRun(session.id, `use sk-ant-api03-${'a1B2'.repeat(12)}`);
    await expect(two.executeRun(secret.id)).rejects.toMatchObject({ code: 'invalid_operation' });
    await using none = await createSessionManager({ store, providers: [], keepOpen: true });
    const plain = await one.startRun(session.id, 'go');
    await expect(none.executeRun(plain.id)).rejects.toMatchObject({ code: 'provider_not_found' });
    await session.cancel();
    await checkLog(store, session.id);
  });
});

describe('many runs of one session', () => {
  it.each(storeKinds)('can be started at once ($name)', async (kind) => {
    await using place = kind.place();
    const store = await place.open();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }])],
    });
    const session = await manager.createSession();
    const count = Array.from({ length: 20 });
    const runs = await Promise.all(count.map(() => session.run('go', { continuation: 'fresh' })));
    const made = await Promise.all(count.map(() => manager.startRun(session.id, 'go')));
    for (const run of runs) expect((await run.result).status).toBe('completed');
    for (const { id } of made) await (await manager.getRun(id)).cancel();
    expect((await session.complete()).status).toBe('completed');
    const log = await checkLog(store, session.id);
    expect(log.runs).toHaveLength(40);
  });
});

describe('a key', () => {
  it.each(storeKinds)('gives the same run for the same words ($name)', async (kind) => {
    await using place = kind.place();
    const store = await place.open();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }])],
    });
    const session = await manager.createSession();
    const key = 'retry-1';
    const runs = await Promise.all([
      session.run('go', { key }),
      session.run('go', { key }),
      session.run('go', { key }),
    ]);
    expect(new Set(runs.map((run) => run.id)).size).toBe(1);
    for (const run of runs) expect((await run.result).status).toBe('completed');
    const late = await session.run('go', { key });
    expect(late.id).toBe(runs[0]?.id);
    expect((await late.result).output).toBe('x');
    const authorize = () => ({ decision: 'allow' }) as const;
    for (const [text, options, differences] of [
      ['other', {}, ['input']],
      ['go', { model: 'another' }, ['model']],
      ['go', { permissionMode: 'plan', authorize }, ['permissionMode', 'authorize']],
    ] as const) {
      await expect(session.run(text, { key, ...options })).rejects.toMatchObject({
        code: 'idempotency_key_reused',
        details: { differences },
      });
    }
    await expect(manager.startRun(session.id, 'other', { key })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect((await manager.startRun(session.id, 'go', { key })).status).toBe('completed');
    const other = await manager.createSession();
    expect((await other.run('go', { key })).id).not.toBe(late.id);
    const { events } = await checkLog(store, session.id);
    expect(typesOf(events).filter((type) => type === 'run_started')).toHaveLength(1);
  });

  it('makes a pending run once, which is then executed once', async () => {
    const store = memoryStore();
    await using manager = await createSessionManager({
      store,
      providers: [scriptedProvider([{ say: 'x' }])],
    });
    const session = await manager.createSession();
    const key = 'made';
    const made = await Promise.all([
      manager.startRun(session.id, 'go', { key }),
      manager.startRun(session.id, 'go', { key }),
    ]);
    expect(made[0]).toEqual(made[1]);
    const run = await session.run('go', { key });
    expect(run.id).toBe(made[0].id);
    expect((await run.result).status).toBe('completed');
    await checkLog(store, session.id);
  });
});

describe('closing the manager', () => {
  it('cancels its runs, also one that is just starting, and refuses new ones', async () => {
    const store = memoryStore();
    const manager = await createSessionManager({ store, providers: [hangs()], keepOpen: true });
    const session = await manager.createSession();
    const running = await session.run('go');
    await waitForEvent(running, 'message_received');
    const starting = session.run('now');
    const pending = await manager.startRun(session.id, 'later');
    await Promise.all([manager.close(), manager.close()]);
    expect((await running.result).status).toBe('cancelled');
    const started = await Promise.allSettled([starting]);
    if (started[0].status === 'fulfilled') expect((await started[0].value.result).status).toBe('cancelled');
    else expect(codesOf(started)).toEqual(['store_closed']);
    const code = 'store_closed';
    await expect(session.run('late')).rejects.toMatchObject({ code });
    await expect(manager.startRun(session.id, 'late')).rejects.toMatchObject({ code });
    await expect(manager.executeRun(pending.id)).rejects.toMatchObject({ code });
    await expect(manager.createSession()).rejects.toMatchObject({ code });
    await expect(manager.runOnce('late')).rejects.toMatchObject({ code });
    const { runs } = await checkLog(store, session.id, { settled: false });
    expect(runs.filter((run) => run.status === 'running')).toEqual([]);
  });

  it('leaves handles that can still be disposed', async () => {
    const manager = await createSessionManager({ store: memoryStore(), providers: [hangs()] });
    const session = await manager.createSession();
    const run = await session.run('go');
    await manager.close();
    await run[Symbol.asyncDispose]();
    expect((await run.result).status).toBe('cancelled');
  });

  it('closes the store also when a provider fails to close, and tells that', async () => {
    const store = memoryStore();
    const provider = {
      ...hangs(),
      [Symbol.asyncDispose]: () => Promise.reject(new Error('The agent would not go.')),
    };
    const manager = await createSessionManager({ store, providers: [provider] });
    await expect(manager.close()).rejects.toThrow('The agent would not go.');
    await expect(store.sessions({})).rejects.toMatchObject({ code: 'store_closed' });
  });

  it('closes what it was given when it can not be made', async () => {
    const store = memoryStore();
    await expect(createSessionManager({ store, providers: [hangs(), hangs()] })).rejects.toMatchObject({
      code: 'already_exists',
    });
    await expect(store.sessions({})).rejects.toMatchObject({ code: 'store_closed' });
    const kept = memoryStore();
    const tail = { events: Number.NaN, payload: 1, totalPayload: 1 };
    for (const wrong of [{ times: { lease: 0 } }, { tail }, { deltas: { windowMs: -1 } }])
      await expect(
        createSessionManager({ store: kept, providers: [], keepOpen: true, ...wrong }),
      ).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await kept.sessions({})).rows).toEqual([]);
  });
});
