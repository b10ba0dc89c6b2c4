import { describe, expect, it } from 'vitest';
import { collect } from '../../test/manager/log-check.ts';
import { openServerRoom, storeKinds, until } from '../../test/runtime/server-room.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import type { SessionServer } from './session-server.ts';

const seqs = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Reads everything from the beginning to the end of the session. */
const readAll = async (server: SessionServer, after = 0): Promise<readonly number[]> =>
  (await collect(server.subscribe({ after }))).map((event) => event.seq);

describe.each(storeKinds)('subscriptions of a session server on $name', (kind) => {
  it('give those that come late 10,000 events without a gap or a repeat, while more come', async () => {
    const provider = scriptedProvider([{ stream: 'x', times: 2_600 }]);
    await using room = await openServerRoom(kind, { manager: { providers: [provider], deltas: 'each' } });
    for (let run = 0; run < 4; run++) await room.server.executeRun('go');
    const first = readAll(room.server);
    const during = room.server.executeRun('while they read');
    const middle = readAll(room.server, 5_000);
    await during;
    const session = await room.manager.getSession(room.server.sessionId);
    await session.complete();
    const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
    expect(latestSeq).toBeGreaterThan(10_000);
    expect(await first).toEqual(seqs(latestSeq));
    expect(await middle).toEqual(seqs(latestSeq).slice(5_000));
  });

  it('show only the asked types and runs, from any cursor', async () => {
    await using room = await openServerRoom(kind);
    room.held.finishAll();
    const one = await room.server.submitRun('one');
    const two = await room.server.submitRun('two');
    await room.server.drain();
    await (await room.manager.getSession(room.server.sessionId)).complete();
    const started = await collect(room.server.subscribe({ types: ['run_started'] }));
    expect(started.map((event) => event.runId)).toEqual([one.id, two.id]);
    const ofTwo = await collect(
      room.server.subscribe({ runId: two.id, types: ['run_queued', 'run_completed'] }),
    );
    expect(ofTwo.map((event) => [event.type, event.runId])).toEqual([
      ['run_queued', two.id],
      ['run_completed', two.id],
    ]);
    const after = await collect(
      room.server.subscribe({ after: started[1]?.seq ?? 0, types: ['run_started'] }),
    );
    expect(after).toEqual([]);
    await expect(collect(room.server.subscribe({ after: -1 }))).rejects.toMatchObject({
      code: 'invalid_cursor',
    });
  });

  it('are counted while they are read, and end with their signal', async () => {
    await using room = await openServerRoom(kind);
    const stop = new AbortController();
    const endless = collect(room.server.subscribe({ signal: stop.signal })).catch((error: unknown) => error);
    for await (const event of room.server.subscribe()) {
      expect((await room.server.status()).subscribers).toBe(2);
      if (event.type === 'session_created') break;
    }
    expect((await room.server.status()).subscribers).toBe(1);
    stop.abort();
    expect(await endless).toMatchObject({ code: 'cancelled' });
    expect((await room.server.status()).subscribers).toBe(0);
  });

  it('let one that stalls hold up nobody, and give it all in the end', async () => {
    const provider = scriptedProvider([{ stream: 'some text', times: 3_000 }]);
    await using room = await openServerRoom(kind, {
      manager: {
        providers: [provider],
        deltas: 'each',
        // What is kept in memory for those that follow is far less than what is to come.
        tail: { events: 8, payload: 1_024, totalPayload: 4_096 },
      },
    });
    const stall = Promise.withResolvers<void>();
    const stalled: number[] = [];
    const stalling = (async () => {
      for await (const event of room.server.subscribe()) {
        stalled.push(event.seq);
        if (stalled.length === 1) await stall.promise;
      }
    })();
    const quick = readAll(room.server);
    await until(() => stalled.length === 1);
    for (let run = 0; run < 3; run++) await room.server.executeRun('go on');
    const session = await room.manager.getSession(room.server.sessionId);
    await session.complete();
    const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
    // The others have read all of it while this one stood still.
    expect(await quick).toEqual(seqs(latestSeq));
    expect(stalled).toEqual([1]);
    stall.resolve();
    await stalling;
    expect(stalled).toEqual(seqs(latestSeq));
  });
});
