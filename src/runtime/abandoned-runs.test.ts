import { expect, test } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { openServerRoom, sqlite, until } from '../../test/runtime/server-room.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';

// That a process is really killed is tested with real processes; here it only stops to answer.

test('abandoned runs fail, and the queue goes on behind them', async () => {
  const clock = createTestClock();
  await using room = await openServerRoom(sqlite, { manager: { clock } });
  const first = await room.server.submitRun('first');
  await room.server.submitRun('second');
  await room.held.startedCount(1);
  room.acting.fail();
  const server = await room.serve(await room.anotherManager());
  room.held.finishAll();
  let drained = false;
  const draining = server.drain().then(() => (drained = true));
  await until(() => {
    clock.advance(1_000);
    return drained;
  });
  await draining;
  expect(await server.awaitRun(first.id)).toMatchObject({
    status: 'failed',
    error: { code: 'run_abandoned' },
  });
  expect(room.held.started).toEqual(['first', 'second']);
  room.acting.fail(false);
  await checkLog(room.store, server.sessionId);
});

test('abandoned runs are run again: oldest first, before all that wait, with who waits for them, and once', async () => {
  const clock = createTestClock();
  await using room = await openServerRoom(sqlite, { manager: { clock }, server: { concurrentRuns: 2 } });
  const runs = [];
  for (const name of ['a', 'b', 'c']) runs.push(await room.server.submitRun(name));
  await room.held.startedCount(2);
  room.acting.fail();
  const manager = await room.anotherManager();
  const server = await room.serve(manager, { onAbandoned: 'rerun', concurrentRuns: 1 });
  await until(async () => {
    clock.advance(1_000);
    return (await server.status()).queued.length === 2 && room.held.started.length === 3;
  });
  const results = Promise.all(runs.map((run) => server.awaitRun(run.id)));
  expect((await server.status()).queued.map((run) => run.input[0]?.text)).toEqual(['b', 'c']);
  room.held.finishAll();
  expect((await results).map((result) => result.output)).toEqual(['Did a.', 'Did b.', 'Did c.']);
  expect(room.held.started).toEqual(['a', 'b', 'a', 'b', 'c']);
  const { rows } = await manager.runs({ status: ['failed'] });
  expect(rows.map((row) => row.error?.code)).toEqual(['run_abandoned', 'run_abandoned']);
  const again = (await manager.runs({ status: ['completed'] })).rows.filter(
    (row) => row.rerunOf !== undefined,
  );
  expect(new Set(again.map((row) => row.rerunOf))).toEqual(new Set(runs.slice(0, 2).map((run) => run.id)));
  room.acting.fail(false);
  await checkLog(room.store, server.sessionId);
});

test('a run that was run again is not run a third time', async () => {
  const clock = createTestClock();
  await using room = await openServerRoom(sqlite, {
    manager: { clock },
    server: { onAbandoned: 'rerun' },
  });
  const { id } = await room.server.submitRun('deadly');
  await room.held.startedCount(1);
  room.acting.fail();
  const second = await room.anotherManager();
  const other = await room.serve(second);
  await until(() => {
    clock.advance(1_000);
    return room.held.started.length === 2;
  });
  // Now that one is gone as well: what is left of its run is found by the first, which is well again.
  const [again] = (await other.status()).running;
  room.acting.fail(false);
  const lease = await room.store.leases.current(again?.id ?? expect.fail());
  await room.store.leases.release(lease ?? expect.fail());
  await until(async () => {
    clock.advance(1_000);
    return (await room.store.run(again?.id ?? expect.fail()))?.status === 'failed';
  });
  expect(await room.server.awaitRun(id)).toMatchObject({
    status: 'failed',
    error: { code: 'run_abandoned' },
  });
  expect(room.held.started).toEqual(['deadly', 'deadly']);
  expect(await room.server.status()).toMatchObject({ running: [], queued: [] });
});

test.each([
  ['ahead', 3_600_000, 'failed'],
  ['back', -3_600_000, 'completed'],
] as const)('a system clock that jumps %s loses no run and runs none twice', async (_way, by, outcome) => {
  const clock = createTestClock();
  await using room = await openServerRoom(sqlite, { manager: { clock } });
  const [first, ...rest] = [
    await room.server.submitRun('a'),
    await room.server.submitRun('b'),
    await room.server.submitRun('c'),
  ];
  await room.held.startedCount(1);
  clock.setWallTime(clock.now() + by);
  // It looks for what was left at once, before the first can renew its lease.
  const other = await room.serve(await room.anotherManager());
  if (outcome === 'failed') await until(async () => (await room.store.run(first.id))?.status === outcome);
  room.held.finishAll();
  const last = rest.at(-1)?.id ?? expect.fail();
  await until(async () => {
    clock.advance(1_000);
    return (await room.store.run(last))?.status === 'completed';
  });
  expect((await other.awaitRun(first.id)).status).toBe(outcome);
  expect(room.held.started).toEqual(['a', 'b', 'c']);
  const { runs } = await checkLog(room.store, room.server.sessionId);
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed', outcome]);
});
