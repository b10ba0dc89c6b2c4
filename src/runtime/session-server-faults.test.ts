import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { heldProvider } from '../../test/runtime/held-provider.ts';
import {
  openServerRoom,
  sqlite,
  storeKinds,
  until,
  type ServerRoom,
} from '../../test/runtime/server-room.ts';
import { AsmError } from '../domain/error.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { createConcurrencyLimiter } from './concurrency-limiter.ts';
import { createSessionServer } from './session-server.ts';

async function hasNoOpenRun(room: ServerRoom): Promise<boolean> {
  const open = { sessionId: room.server.sessionId, status: ['pending', 'running'] } as const;
  const page = await room.store.runs(open).catch(() => undefined);
  return page?.rows.length === 0;
}

const allow = () => ({ decision: 'allow' }) as const;

describe.each(storeKinds)('faults around a session server on $name', (kind) => {
  it('goes on with the queue when the store is well again', async () => {
    const clock = createTestClock();
    await using room = await openServerRoom(kind, { manager: { clock } });
    await room.server.submitRun('first');
    await room.held.startedCount(1);
    await Promise.all([room.server.submitRun('second'), room.server.submitRun('third')]);
    room.acting.fail();
    await expect(room.server.submitRun('not stored')).rejects.toMatchObject({ code: 'storage_unavailable' });
    room.held.finishAll();
    await until(() => room.held.running.size === 0);
    room.acting.fail(false);
    // The first one's end could not be written: its lease runs out, and it is ended as abandoned.
    await until(async () => {
      clock.advance(1_000);
      const { queued, running } = await room.server.status();
      return queued.length + running.length === 0;
    });
    expect(room.held.started).toEqual(['first', 'second', 'third']);
    await room.server.drain();
    await checkLog(room.store, room.server.sessionId);
  });

  it('takes a run in though others are faster to change the session, again and again', async () => {
    await using room = await openServerRoom(kind);
    const { acting, store, server } = room;
    let faster = 0;
    const changeFirst = async (): Promise<void> => {
      const row = await store.session(server.sessionId);
      if (row === undefined || faster === 30) return;
      faster++;
      const set = { updatedAt: row.updatedAt };
      await store.commit({
        sessionId: row.id,
        session: { id: row.id, expectedVersion: row.version, set },
        events: [],
      });
      acting.afterNext('session', changeFirst);
    };
    acting.afterNext('session', changeFirst);
    const { id } = await server.submitRun('taken in');
    await room.held.startedCount(1);
    room.held.finishAll();
    expect(await server.awaitRun(id)).toMatchObject({ status: 'completed' });
    expect(faster).toBe(30);
  });

  it.each(['run', 'session', 'commit'])('starts every run though a call of %s fails', async (name) => {
    const clock = createTestClock();
    await using room = await openServerRoom(kind, { manager: { clock } });
    const { acting } = room;
    await room.server.submitRun('holds the slot');
    await room.held.startedCount(1);
    for (const each of ['a', 'b', 'c']) await room.server.submitRun(each);
    const before = acting.calls;
    // Whatever call of that name comes next, it meets a store that is away for a moment.
    const failOnce = (): void => {
      acting.actAt(1, () => {
        if (acting.names.at(-1) !== name) failOnce();
        else {
          acting.fail();
          setImmediate(() => acting.fail(false));
        }
      });
    };
    failOnce();
    room.held.finishAll();
    await until(async () => {
      clock.advance(1_000);
      return await hasNoOpenRun(room);
    });
    expect(acting.calls).toBeGreaterThan(before);
    expect(room.held.started).toEqual(['holds the slot', 'a', 'b', 'c']);
    await checkLog(room.store, room.server.sessionId);
  });

  it('runs each run once though no answer comes back from a write that was made', async () => {
    for (let write = 1; write <= 8; write++) {
      const clock = createTestClock();
      await using room = await openServerRoom(kind, { manager: { clock } });
      const { acting } = room;
      await room.server.submitRun('holds the slot');
      await room.held.startedCount(1);
      for (const each of ['a', 'b', 'c']) await room.server.submitRun(each);
      let left = write;
      const loseAnswer = (): void => {
        acting.afterCall(1, () => {
          if (acting.names.at(-1) === 'commit' && --left === 0)
            throw new AsmError('storage_unavailable', 'The answer is lost.');
          loseAnswer();
        });
      };
      loseAnswer();
      room.held.finishAll();
      await until(async () => {
        clock.advance(1_000);
        return await hasNoOpenRun(room);
      });
      const { started } = room.held;
      expect(started).toEqual(['holds the slot', 'a', 'b', 'c'].filter((name) => started.includes(name)));
      expect(started.length).toBeGreaterThanOrEqual(3);
      await checkLog(room.store, room.server.sessionId);
    }
  });

  it('closes while a run is started with the end of another', async () => {
    await using room = await openServerRoom(kind);
    for (const name of ['a', 'b', 'c', 'd']) await room.server.submitRun(name);
    await room.held.startedCount(1);
    room.held.finish('a');
    await until(() => !room.held.running.has('a'));
    await room.server.close();
    const { running, queued } = await room.server.status();
    expect(running).toEqual([]);
    const { runs } = await checkLog(room.store, room.server.sessionId, { settled: false });
    expect(runs.filter((run) => run.status !== 'pending')).toHaveLength(room.held.started.length);
    const next = await room.serve(room.manager);
    room.held.finishAll();
    await next.drain();
    expect(room.held.started).toEqual(['a', 'b', 'c', 'd']);
    expect(queued.length).toBe(4 - runs.filter((run) => run.status !== 'pending').length);
  });
});

describe('queued runs of another process', () => {
  it('fail, each for its reason, and hold up none of the others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'asm-gone-'));
    const held = heldProvider({ capabilities: { system_prompt: 'native' } });
    await using room = await openServerRoom(sqlite, { held });
    await room.server.submitRun('holds the slot');
    await room.held.startedCount(1);
    const gone = await room.server.submitRun('folder', { cwd: folder });
    const needs = await room.server.submitRun('needs', { authorize: allow, systemPrompt: 'Be brief.' });
    const secret = await room.server.submitRun('my key is sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789');
    const good = await room.server.submitRun('good');
    await room.server.close();
    await room.manager.close();
    await rm(folder, { recursive: true });
    await using manager = await room.anotherManager();
    const server = await room.serve(manager, { runOptions: { authorize: allow } });
    room.held.finishAll();
    const results = await Promise.all([gone, needs, secret, good].map((run) => server.awaitRun(run.id)));
    expect(results[0]).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
    expect(results[1]).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_operation', details: { missing: ['systemPrompt'] } },
    });
    expect(results[2]).toMatchObject({ status: 'failed', error: { code: 'invalid_operation' } });
    expect(results[3]).toMatchObject({ status: 'completed' });
    expect(room.held.started).toEqual(['holds the slot', 'good']);
  });

  it('get their functions from the server that executes them', async () => {
    await using room = await openServerRoom(sqlite);
    await room.server.submitRun('holds the slot');
    await room.held.startedCount(1);
    const { id } = await room.server.submitRun('needs', { authorize: allow });
    await room.server.close();
    const server = await room.serve(await room.anotherManager(), { runOptions: { authorize: allow } });
    room.held.finishAll();
    expect((await server.awaitRun(id)).status).toBe('completed');
  });
});

describe('the limiter of session servers', () => {
  it('lets runs of several sessions wait for their turn, and gives every slot back', async () => {
    const limiter = createConcurrencyLimiter({ runs: 2, sessions: 3 });
    const held = heldProvider();
    await using room = await openServerRoom(sqlite, { held, server: { limiter } });
    const others = [
      await room.serve(room.manager, { session: {} }),
      await room.serve(room.manager, { session: {} }),
    ];
    const servers = [room.server, ...others];
    expect(limiter.status().sessions).toEqual({ active: 3, waiting: 0, limit: 3 });
    await expect(
      createSessionServer(room.manager, { session: {}, limiter, limiterDeadline: 1 }),
    ).rejects.toMatchObject({ code: 'max_sessions_exceeded' });
    await expect(
      createSessionServer(room.manager, { session: {}, limiter, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    for (const name of ['a', 'b', 'c'])
      for (const [index, server] of servers.entries()) await server.submitRun(`${index}${name}`);
    await held.startedCount(2);
    expect(limiter.status().runs).toMatchObject({ active: 2, waiting: 1 });
    held.finishAll();
    await Promise.all(servers.map((server) => server.drain()));
    expect(held.most).toBe(2);
    // Fair: no session has run all before another has run one.
    expect(
      held.started
        .slice(0, 3)
        .map((name) => name[0])
        .toSorted(),
    ).toEqual(['0', '1', '2']);
    expect(limiter.status().runs).toEqual({ active: 0, waiting: 0, limit: 2 });
    for (const server of servers) await server.close();
    expect(limiter.status().sessions.active).toBe(0);
  });

  it('keeps the slot along a chain of runs, and is asked for another provider', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1, providers: { scripted: 1, other: 1 } });
    const [held, other] = [heldProvider(), heldProvider({ name: 'other' })];
    await using room = await openServerRoom(sqlite, {
      held,
      manager: { providers: [held.provider, other.provider] },
      server: { limiter, session: { provider: 'scripted' } },
    });
    for (const provider of ['scripted', 'scripted', 'other', 'scripted'])
      await room.server.submitRun(`on ${provider}`, { provider });
    await held.startedCount(1);
    held.finishAll();
    other.finishAll();
    await room.server.drain();
    expect([held.most, other.most]).toEqual([1, 1]);
    expect([held.started.length, other.started.length]).toEqual([3, 1]);
    expect(limiter.status()).toMatchObject({ runs: { active: 0 }, providers: { other: { active: 0 } } });
  });

  it('fails a run that waited too long, and only that one', async () => {
    const clock = createTestClock();
    const limiter = createConcurrencyLimiter({ runs: 1 }, clock);
    using _slot = await limiter.acquireRun('elsewhere');
    await using room = await openServerRoom(sqlite, {
      manager: { clock },
      server: { limiter, limiterDeadline: 5_000 },
    });
    const first = await room.server.submitRun('first');
    const second = await room.server.submitRun('second');
    await until(() => limiter.status().runs.waiting === 1);
    clock.advance(5_000);
    expect(await room.server.awaitRun(first.id)).toMatchObject({
      status: 'failed',
      error: { code: 'max_runs_exceeded' },
    });
    await until(() => limiter.status().runs.waiting === 1);
    _slot.release();
    room.held.finishAll();
    expect((await room.server.awaitRun(second.id)).status).toBe('completed');
    expect(room.held.started).toEqual(['second']);
  });

  it('waits for whoever is first: not for one that was withdrawn, moved back or paused', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    const slot = await limiter.acquireRun('elsewhere');
    await using room = await openServerRoom(sqlite, { server: { limiter } });
    const runs = [];
    for (const name of ['withdrawn', 'moved back', 'first', 'last'])
      runs.push(await room.server.submitRun(name));
    const [withdrawn, moved] = runs;
    await until(() => limiter.status().runs.waiting === 1);
    await room.server.withdrawRun(withdrawn?.id ?? expect.fail());
    await room.server.moveRun(moved?.id ?? expect.fail(), 'last');
    const session = await room.manager.getSession(room.server.sessionId);
    await session.activate();
    await session.pause();
    await until(() => limiter.status().runs.waiting === 0);
    await session.resume();
    await until(() => limiter.status().runs.waiting === 1);
    slot.release();
    room.held.finishAll();
    await room.server.drain();
    expect(room.held.started).toEqual(['first', 'last', 'moved back']);
    expect(limiter.status().runs).toEqual({ active: 0, waiting: 0, limit: 1 });
  });

  it('closes a server whose first run waits for a slot, and leaves that run in the queue', async () => {
    const limiter = createConcurrencyLimiter({ runs: 1 });
    using _slot = await limiter.acquireRun('elsewhere');
    await using room = await openServerRoom(sqlite, { server: { limiter } });
    await room.server.submitRun('waits');
    await until(() => limiter.status().runs.waiting === 1);
    await room.server.close();
    expect((await room.server.status()).queued).toHaveLength(1);
    expect(limiter.status()).toMatchObject({ runs: { waiting: 0 }, sessions: { active: 0 } });
  });
});
