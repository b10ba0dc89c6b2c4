import { describe, expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { openServerRoom, storeKinds, type ServerRoom } from '../../test/runtime/server-room.ts';
import type { RunId } from '../domain/id.ts';

/** Holds the only slot and queues these. */
async function queue(room: ServerRoom, names: readonly string[]): Promise<ReadonlyMap<string, RunId>> {
  await room.server.submitRun('holds the slot');
  await room.held.startedCount(1);
  const runs = await Promise.all(names.map((name) => room.server.submitRun(name)));
  return new Map(names.map((name, index) => [name, runs[index]?.id ?? expect.fail()]));
}

/** Lets all run, and gives the order in which they did. */
async function order(room: ServerRoom): Promise<string> {
  room.held.finishAll();
  await room.server.drain();
  await checkLog(room.store, room.server.sessionId);
  return room.held.started.slice(1).join('');
}

describe.each(storeKinds)('the queue of a session on $name', (kind) => {
  it('runs what was moved in its new order', async () => {
    await using room = await openServerRoom(kind);
    const runs = await queue(room, ['a', 'b', 'c', 'd']);
    const id = (name: string): RunId => runs.get(name) ?? expect.fail();
    await room.server.moveRun(id('c'), 'first');
    await room.server.moveRun(id('d'), 'first');
    await room.server.moveRun(id('a'), 'last');
    await room.server.moveRun(id('a'), { before: id('b') });
    await room.server.moveRun(id('a'), { before: id('a') });
    const { queued } = await room.server.status();
    expect(queued.map((run) => run.id)).toEqual([id('d'), id('c'), id('a'), id('b')]);
    expect(await order(room)).toBe('dcab');
  });

  it('puts what is submitted after a move behind what was moved to the end', async () => {
    await using room = await openServerRoom(kind);
    const runs = await queue(room, ['a', 'b', 'c']);
    for (const name of ['b', 'a']) await room.server.moveRun(runs.get(name) ?? expect.fail(), 'last');
    await room.server.submitRun('d');
    expect(await order(room)).toBe('cbad');
  });

  it('finds a place between two runs as often as one likes', async () => {
    await using room = await openServerRoom(kind);
    const runs = await queue(room, ['a', 'b', 'c', 'd', 'e']);
    const id = (name: string): RunId => runs.get(name) ?? expect.fail();
    // Halves the distance before `d` each time, until no number is left there.
    for (let round = 0; round < 80; round++)
      await room.server.moveRun(id(round % 2 === 0 ? 'a' : 'b'), { before: id('d') });
    expect(await order(room)).toBe('cabde');
  });

  it('keeps the order of moves that are made at once, from two servers', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 100 } });
    const other = await room.serve(room.manager);
    const names = 'a b c d e f g h i j'.split(' ');
    const runs = await queue(room, names);
    await Promise.all(
      names.map((name, index) =>
        (index % 2 === 0 ? room.server : other).moveRun(runs.get(name) ?? expect.fail(), 'first'),
      ),
    );
    const { queued } = await room.server.status();
    expect(new Set(queued.map((run) => run.queuePosition)).size).toBe(names.length);
    const expected = queued.map((run) => run.input[0]?.text).join('');
    expect(await order(room)).toBe(expected);
  });

  it('runs nothing that was withdrawn, and says so when it is too late', async () => {
    await using room = await openServerRoom(kind);
    const runs = await queue(room, ['a', 'b', 'c']);
    const id = (name: string): RunId => runs.get(name) ?? expect.fail();
    expect((await room.server.withdrawRun(id('b'))).status).toBe('cancelled');
    expect((await room.server.cancelRun(id('c'))).status).toBe('cancelled');
    for (const name of ['b', 'c']) {
      await expect(room.server.withdrawRun(id(name))).rejects.toMatchObject({ code: 'invalid_operation' });
      await expect(room.server.moveRun(id(name), 'first')).rejects.toMatchObject({
        code: 'invalid_operation',
      });
      await expect(room.server.moveRun(id('a'), { before: id(name) })).rejects.toMatchObject({
        code: 'invalid_operation',
      });
    }
    expect(await order(room)).toBe('a');
    await expect(room.server.withdrawRun(id('a'))).rejects.toMatchObject({ code: 'invalid_operation' });
  });

  it('refuses to move or withdraw a run that runs, or to go before one', async () => {
    await using room = await openServerRoom(kind);
    const runs = await queue(room, ['a']);
    const [running] = (await room.server.status()).running;
    const runningId = running?.id ?? expect.fail();
    const refusal = { code: 'invalid_operation', message: expect.stringContaining('cancel it instead') };
    await expect(room.server.withdrawRun(runningId)).rejects.toMatchObject(refusal);
    await expect(room.server.moveRun(runningId, 'last')).rejects.toMatchObject(refusal);
    await expect(
      room.server.moveRun(runs.get('a') ?? expect.fail(), { before: runningId }),
    ).rejects.toMatchObject(refusal);
    expect(await order(room)).toBe('a');
  });

  it('either runs or withdraws, when a run is withdrawn just as it is started', async () => {
    await using room = await openServerRoom(kind, { server: { queuedRuns: 1_000 } });
    room.held.finishAll();
    const submitted = await Promise.all(
      Array.from({ length: 60 }, (_, index) => room.server.submitRun(`${index}`)),
    );
    const withdrawn = await Promise.all(
      submitted.map(async (run, index) => {
        for (let turn = 0; turn < index % 7; turn++) await new Promise(setImmediate);
        return await room.server.withdrawRun(run.id).then(
          () => [run.input[0]?.text],
          () => [],
        );
      }),
    );
    await room.server.drain();
    const gone = new Set(withdrawn.flat());
    expect(room.held.started.filter((name) => gone.has(name))).toEqual([]);
    expect(room.held.started).toHaveLength(60 - gone.size);
    const { runs } = await checkLog(room.store, room.server.sessionId);
    expect(runs.filter((run) => run.status === 'cancelled' && run.startedAt === undefined)).toHaveLength(
      gone.size,
    );
  });
});
