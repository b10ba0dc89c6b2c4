import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { refusalOf } from '../../test/runtime/refusal.ts';
import { openServerRoom, storeKinds, until } from '../../test/runtime/server-room.ts';
import { asAsmError, AsmError } from '../domain/error.ts';
import { createSessionServer } from './session-server.ts';

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `task ${index}`);

describe.each(storeKinds)('a session server on $name', (kind) => {
  it('runs one after the other, in the order of the submissions', async () => {
    await using room = await openServerRoom(kind);
    const runs = await Promise.all(names(5).map((name) => room.server.submitRun(name)));
    await room.held.startedCount(1);
    const status = await room.server.status();
    expect(status.running.map((run) => run.id)).toEqual([runs[0]?.id]);
    expect(status.queued.map((run) => run.id)).toEqual(runs.slice(1).map((run) => run.id));
    expect(status).toMatchObject({ concurrentRuns: 1, queuedRuns: 100, subscribers: 0, open: true });
    room.held.finishAll();
    const results = await Promise.all(runs.map((run) => room.server.awaitRun(run.id)));
    expect(results.map((result) => result.output)).toEqual(names(5).map((name) => `Did ${name}.`));
    expect(room.held.started).toEqual(names(5));
    expect(room.held.most).toBe(1);
    await room.server.drain();
    expect(await room.server.status()).toMatchObject({ running: [], queued: [] });
    const { events } = await checkLog(room.store, room.server.sessionId);
    // Each but the first starts in the write in which the one before ends.
    const order = events.flatMap(({ type, runId }) =>
      /^run_(started|completed)$/.test(type) ? [`${type} ${runId}`] : [],
    );
    expect(order).toEqual(runs.flatMap((run) => [`run_started ${run.id}`, `run_completed ${run.id}`]));
  });

  it('runs as many at once as it has slots, and fills each that gets free', async () => {
    await using room = await openServerRoom(kind, { server: { concurrentRuns: 2 } });
    for (const name of names(4)) await room.server.submitRun(name);
    await room.held.startedCount(2);
    expect(await room.server.status()).toMatchObject({
      running: [{ status: 'running' }, { status: 'running' }],
      queued: [{ status: 'pending' }, { status: 'pending' }],
    });
    room.held.finish('task 1');
    await room.held.startedCount(3);
    expect([...room.held.running]).toEqual(['task 0', 'task 2']);
    room.held.finishAll();
    await room.server.drain();
    expect([room.held.started, room.held.most]).toEqual([names(4), 2]);
    await checkLog(room.store, room.server.sessionId);
  });

  it('refuses what a full queue has no place for, counting each waiting run once', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 60 } });
    const submitted = await Promise.allSettled(names(70).map((name) => room.server.submitRun(name)));
    expect(submitted.filter(({ status }) => status === 'fulfilled')).toHaveLength(61);
    expect(submitted.at(-1)).toMatchObject({
      reason: { code: 'max_queued_runs_exceeded', details: { limit: 60 } },
    });
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toEqual(names(61));
  });

  it('takes what comes while others are being written, as long as there are places', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 99 } });
    const first = names(60).map((name) => room.server.submitRun(name));
    // In the middle of the write of the first ones.
    await until(() => room.acting.names.includes('commit') && room.acting.calls > 60);
    const second = names(40).map((name) => room.server.submitRun(`later ${name}`));
    await Promise.all([...first, ...second]);
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toHaveLength(100);
  });

  it('lets none wait where that is so wanted', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 0 } });
    await room.server.submitRun('one');
    await expect(room.server.submitRun('two')).rejects.toMatchObject({ code: 'max_queued_runs_exceeded' });
    room.held.finishAll();
    await room.server.drain();
    await room.server.executeRun('three');
    expect(room.held.started).toEqual(['one', 'three']);
  });

  it('gives the run of the first submission to every other with the same key', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 3 } });
    const authorize = () => ({ decision: 'allow' }) as const;
    const submit = (): ReturnType<typeof room.server.submitRun> =>
      room.server.submitRun('once', { key: 'k', authorize });
    await room.server.submitRun('first');
    const [one, two] = await Promise.all([submit(), submit()]);
    expect(two).toEqual(one);
    await expect(room.server.submitRun('other words', { key: 'k' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    await Promise.all([room.server.submitRun('x'), room.server.submitRun('y')]);
    // The queue is full, but this run is in it.
    expect((await submit()).id).toBe(one.id);
    await expect(room.server.submitRun('z', { key: 'z' })).rejects.toMatchObject({
      code: 'max_queued_runs_exceeded',
    });
    room.held.finishAll();
    expect((await room.server.awaitRun(one.id)).status).toBe('completed');
    expect((await submit()).id).toBe(one.id);
    await room.server.drain();
    expect(room.held.started).toEqual(['first', 'once', 'x', 'y']);
  });

  it('refuses a bad submission, also behind one that takes its time, and goes on', async () => {
    await using room = await openServerRoom(kind);
    const unknown: object = { nosuch: 1 };
    const submitted = await Promise.allSettled([
      room.server.submitRun('good', { cwd: process.cwd() }),
      room.server.submitRun(''),
      room.server.submitRun('bad', unknown),
      room.server.submitRun('bad', { cwd: '/no/such/folder' }),
      room.server.submitRun('good too'),
    ]);
    expect(
      submitted.map((one) => (one.status === 'rejected' ? asAsmError(one.reason).code : 'taken')),
    ).toEqual(['taken', 'invalid_input', 'unknown_option', 'invalid_input', 'taken']);
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toEqual(['good', 'good too']);
  });

  it('waits for a run no longer than it is told to, and the run goes on', async () => {
    await using room = await openServerRoom(kind);
    const { id } = await room.server.submitRun('task');
    await expect(room.server.awaitRun(id, { timeout: 1 })).rejects.toMatchObject({ code: 'timed_out' });
    await expect(room.server.drain({ timeout: 1 })).rejects.toMatchObject({ code: 'timed_out' });
    await expect(room.server.awaitRun(id, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(room.server.awaitRun(id, { timeout: -1 })).rejects.toMatchObject({ code: 'invalid_input' });
    const waiting = Array.from({ length: 50 }, () => room.server.awaitRun(id));
    room.held.finishAll();
    for (const result of await Promise.all(waiting)) expect(result.status).toBe('completed');
    expect((await room.server.awaitRun(id)).status).toBe('completed');
  });

  it('knows only runs of its own session', async () => {
    await using room = await openServerRoom(kind);
    const other = await room.manager.createSession();
    const { id } = await room.manager.startRun(other.id, 'elsewhere');
    for (const refused of [
      room.server.awaitRun(id),
      room.server.cancelRun(id),
      room.server.withdrawRun(id),
      room.server.moveRun(id, 'first'),
      room.server.interruptRun(id),
      room.server.steer(id, 'x'),
      room.server.getRun(id),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('leaves the queue to the next server when it is closed, and cancels what it runs', async () => {
    await using room = await openServerRoom(kind);
    const runs = await Promise.all(names(3).map((name) => room.server.submitRun(name)));
    await room.held.startedCount(1);
    const waits = refusalOf(room.server.awaitRun(runs[2]?.id ?? expect.fail()));
    const drains = refusalOf(room.server.drain());
    await room.server.close();
    expect([(await waits).code, (await drains).code]).toEqual(['store_closed', 'store_closed']);
    await expect(room.server.submitRun('too late')).rejects.toMatchObject({ code: 'store_closed' });
    const status = await room.server.status();
    expect(status).toMatchObject({ running: [], open: false });
    expect(status.queued.map((run) => run.id)).toEqual(runs.slice(1).map((run) => run.id));
    const [first] = (await room.manager.runs({ status: ['cancelled'] })).rows;
    expect(first?.id).toBe(runs[0]?.id);
    room.held.finishAll();
    const next = await room.serve(room.manager);
    await next.drain();
    expect(room.held.started).toEqual(names(3));
    await checkLog(room.store, room.server.sessionId);
  });

  it('goes with its manager, and refuses whoever waits', async () => {
    await using room = await openServerRoom(kind);
    const { id } = await room.server.submitRun('running');
    const queued = await room.server.submitRun('queued');
    await room.held.startedCount(1);
    const waits = refusalOf(room.server.awaitRun(queued.id));
    const ended = room.server.awaitRun(id).catch((error: unknown) => error);
    await room.manager.close();
    expect((await waits).code).toBe('store_closed');
    await ended;
    await expect(room.server.submitRun('x')).rejects.toMatchObject({ code: 'store_closed' });
    await room.server.close();
    expect(room.held.started).toEqual(['running']);
  });

  it('runs nothing of a paused session, and goes on when it is resumed', async () => {
    await using room = await openServerRoom(kind);
    const session = await room.manager.getSession(room.server.sessionId);
    await room.server.submitRun('task 0');
    await room.held.startedCount(1);
    await session.pause();
    await Promise.all([room.server.submitRun('task 1'), room.server.submitRun('task 2')]);
    room.held.finishAll();
    await until(async () => (await room.server.status()).running.length === 0);
    expect(await room.server.status()).toMatchObject({ session: 'paused', queued: [{}, {}] });
    await session.resume();
    await room.server.drain();
    expect(room.held.started).toEqual(names(3));
    const { events } = await checkLog(room.store, session.id);
    const types = events.map((event) => event.type);
    expect(types.lastIndexOf('run_started')).toBeGreaterThan(types.indexOf('session_resumed'));
    expect(types.filter((type) => type === 'run_completed')).toHaveLength(3);
  });

  it('pauses and resumes at any moment, and no run is lost by it', async () => {
    await using room = await openServerRoom(kind, { server: { concurrentRuns: 3 } });
    room.held.finishAll();
    const session = await room.manager.getSession(room.server.sessionId);
    await room.server.executeRun('first');
    const submitted = names(60).map((name) => room.server.submitRun(name));
    for (let round = 0; round < 20; round++) {
      await session.pause();
      for (let turn = 0; turn < round % 4; turn++) await new Promise(setImmediate);
      await session.resume();
    }
    await Promise.all(submitted);
    await room.server.drain();
    const { runs } = await checkLog(room.store, session.id);
    expect(runs.map((run) => run.status)).toEqual(Array.from({ length: 61 }, () => 'completed'));
  });

  it.each(['cancel', 'fail'] as const)(
    'ends the whole queue when its session is ended by %s',
    async (how) => {
      await using room = await openServerRoom(kind, { server: { concurrentRuns: 2 } });
      const session = await room.manager.getSession(room.server.sessionId);
      const runs = await Promise.all(names(6).map((name) => room.server.submitRun(name)));
      await room.held.startedCount(2);
      await (how === 'cancel'
        ? session.cancel('enough')
        : session.fail(new AsmError('internal_error', 'broken')));
      const results = await Promise.all(runs.map((run) => room.server.awaitRun(run.id)));
      expect(results.map((result) => result.status)).toEqual(names(6).map(() => 'cancelled'));
      await room.server.drain();
      await expect(room.server.submitRun('x')).rejects.toMatchObject({ code: 'invalid_transition' });
      expect(room.held.started).toHaveLength(2);
      await checkLog(room.store, session.id);
    },
  );

  it('cancels a waiting run as soon as its signal aborts', async () => {
    await using room = await openServerRoom(kind);
    await room.server.submitRun('holds the slot');
    await room.held.startedCount(1);
    const stop = new AbortController();
    const { id } = await room.server.submitRun('never mind', { signal: stop.signal });
    await expect(room.server.submitRun('not at all', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    stop.abort();
    expect((await room.server.awaitRun(id)).status).toBe('cancelled');
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toEqual(['holds the slot']);
  });

  it('keeps the functions of its own runs when another server of the session is closed', async () => {
    await using room = await openServerRoom(kind);
    const authorize = () => ({ decision: 'allow' }) as const;
    const second = await room.serve(room.manager);
    await room.server.submitRun('held');
    await room.held.startedCount(1);
    const [first, ours] = await Promise.all([
      room.server.submitRun('of the closed one', { authorize }),
      second.submitRun('of the open one', { authorize }),
    ]);
    await room.server.close();
    room.held.finishAll();
    await second.drain();
    expect((await second.awaitRun(ours.id)).status).toBe('completed');
    // Nobody knows them any more: the run must not lose its gate.
    expect(await second.awaitRun(first.id)).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_operation', details: { missing: ['authorize'] } },
    });
    expect(room.held.started.slice(1)).toEqual(['of the open one']);
    await checkLog(room.store, room.server.sessionId);
  });
});

describe('the options of a session server', () => {
  it.each([
    [{ concurrentRuns: 0 }, 'invalid_input'],
    [{ concurrentRuns: 1.5 }, 'invalid_input'],
    [{ queuedRuns: -1 }, 'invalid_input'],
    [{ limiterDeadline: Number.NaN }, 'invalid_input'],
    [{ onAbandoned: 'forget' }, 'invalid_input'],
    [{ runOptions: { key: 'k' } }, 'invalid_input'],
    [{ runOptions: { nosuch: true } }, 'unknown_option'],
    [{ slots: 3 }, 'unknown_option'],
  ])('refuse %j', async (wrong, code) => {
    const [kind] = storeKinds;
    await using room = await openServerRoom(kind ?? expect.fail());
    const given: object = wrong;
    const options = { session: room.server.sessionId, ...given };
    await expect(createSessionServer(room.manager, options)).rejects.toMatchObject({ code });
  });

  it('name a session that is there', async () => {
    const [kind] = storeKinds;
    await using room = await openServerRoom(kind ?? expect.fail());
    await expect(createSessionServer(room.manager, { session: 'ses_gone' })).rejects.toMatchObject({
      code: 'session_not_found',
    });
  });
});
