import { join } from 'node:path';
import { expect, test } from 'vitest';
import { brandId } from '../../src/domain/id.ts';
import type { Run } from '../../src/domain/run.ts';
import { createSessionManager, type SessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { until, withCookie } from '../process/process-probe.ts';
import { checkLog } from './log-check.ts';
import { startManager } from './manager-processes.ts';
import { temporaryFolder } from './store-kinds.ts';

const deadline = 60_000;

/** Recovers by all managers at once, again and again until something was there to recover. */
async function recoverBy(managers: readonly SessionManager[]): Promise<readonly Run[]> {
  const end = Date.now() + deadline;
  for (;;) {
    const recovered = (await Promise.all(managers.map((manager) => manager.recover()))).flat();
    if (recovered.length > 0) return recovered;
    if (Date.now() > end) throw new Error('There was nothing to recover.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the run of a killed process is ended once, and its agent with it; a living run is left alone', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  const store = await sqliteStore(path);
  await using manager = await createSessionManager({ store, providers: [] });
  await using other = await createSessionManager({ store: sqliteStore(path), providers: [] });
  await using killed = await startManager(path, 1_000);
  await using living = await startManager(path);
  const session = await manager.createSession();
  const neighbours = await manager.createSession();

  // The first process of the agent may be bound to its host; what it started is not.
  const script = 'sleep 300 & (setsid sleep 301 &) ; echo ready; sleep 302';
  const { runId = '' } = await killed.tell({ order: 'shell', sessionId: session.id, script });
  const alive = await living.tell({
    order: 'shell',
    sessionId: neighbours.id,
    script: 'echo ready; sleep 303',
  });
  const { cookie = '' } = await (await manager.getRun(runId)).read();
  await until('the agent', () => withCookie(cookie).length >= 3);
  await killed.kill();
  const lease = await store.leases.current(brandId('run', runId));
  expect(withCookie(cookie).length).toBeGreaterThan(0);

  const recovered = await recoverBy([manager, other, manager]);
  expect(recovered).toMatchObject([{ id: runId, status: 'failed', error: { code: 'run_abandoned' } }]);
  expect(Date.now()).toBeGreaterThanOrEqual(lease?.expiresAt ?? Infinity);
  expect(withCookie(cookie)).toEqual([]);
  expect(await Promise.all([manager.recover(), other.recover()])).toEqual([[], []]);
  const { events } = await checkLog(store, session.id);
  expect(events.at(-1)).toMatchObject({ type: 'run_failed', data: { error: { retryable: true } } });
  // The session goes on.
  expect((await session.complete()).status).toBe('completed');

  const neighbour = await manager.getRun(alive.runId ?? '');
  expect((await neighbour.read()).status).toBe('running');
  expect((await neighbour.cancel()).status).toBe('cancelled');
  await checkLog(store, neighbours.id);
});

test('a run whose process was killed can be cancelled by anybody', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  const store = await sqliteStore(path);
  await using manager = await createSessionManager({ store, providers: [], times: { lease: 300 } });
  await using killed = await startManager(path, 1_000);
  const session = await manager.createSession();
  const { runId = '' } = await killed.tell({
    order: 'shell',
    sessionId: session.id,
    script: 'sleep 304 & echo ready; sleep 305',
  });
  const run = await manager.getRun(runId);
  const { cookie = '' } = await run.read();
  await killed.kill();
  expect((await run.cancel('gone')).status).toBe('cancelled');
  expect(withCookie(cookie)).toEqual([]);
  const { events } = await checkLog(store, session.id);
  expect(events.at(-1)).toMatchObject({ type: 'run_cancelled', data: { reason: 'gone' } });
});

test('killed at any moment, a process leaves a log in which every run can be ended once', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  const store = await sqliteStore(path);
  await using manager = await createSessionManager({ store, providers: [] });
  await using other = await createSessionManager({ store: sqliteStore(path), providers: [] });
  let abandoned = 0;
  for (let round = 0; round < 8; round++) {
    const session = await manager.createSession();
    await using child = await startManager(path, 200);
    await child.tell({ order: 'go on', sessionId: session.id });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    await child.kill();
    const before = await checkLog(store, session.id, { settled: false });
    const open = before.runs.filter((run) => run.status === 'running').map((run) => run.id);
    // Between two runs nothing is open.
    const recovered = open.length === 0 ? [] : await recoverBy([manager, other]);
    expect(recovered.map((run) => run.id)).toEqual(open);
    abandoned += recovered.length;
    const after = await checkLog(store, session.id);
    expect(after.events.slice(0, before.events.length)).toEqual(before.events);
    expect(after.events).toHaveLength(before.events.length + open.length);
  }
  expect(abandoned).toBeGreaterThan(0);
});
