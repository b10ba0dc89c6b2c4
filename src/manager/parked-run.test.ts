import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { pendingId } from '../../test/manager/approval-room.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { parkingProvider } from '../../test/manager/parking-provider.ts';
import { quiet } from '../../test/manager/still-run.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock, type TestClock } from '../testing/deterministic-clock.ts';
import { createSessionServer } from '../runtime/session-server.ts';
import type { Provider } from '../ports/provider.ts';
import { createSessionManager, type SessionManager } from './session-manager.ts';

const day = 24 * 60 * 60_000;

/** Managers over one store. */
function openStore(clock?: TestClock) {
  const store = memoryStore(clock === undefined ? {} : { clock });
  const open = async (...providers: readonly Provider[]): Promise<SessionManager> =>
    await createSessionManager({
      store,
      providers,
      approvals: { parkAfter: 0 },
      ...(clock === undefined ? {} : { clock }),
      keepOpen: true,
    });
  return { store, open };
}

/** A run that is parked. */
async function parkedRun(manager: SessionManager, clock?: TestClock) {
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go', { detached: true });
  const id = await pendingId(manager);
  clock?.advance(0);
  await waitForEvent(run, 'run_parked');
  return { session, run, id };
}

describe('a parked run', () => {
  it('is taken up once, however many managers go on with it at once', async () => {
    const { store, open } = openStore();
    const provider = parkingProvider();
    await using manager = await open(provider);
    await using other = await open(provider);
    await using third = await open(provider);
    const { session, run, id } = await parkedRun(manager);
    await third.approvals.decide(id, { as: 'allow' });
    await Promise.allSettled([other.recover(), third.recover(), other.executeRun(run.id)]);
    expect(await run.result).toMatchObject({ status: 'completed', output: 'allow' });
    // The same call, and nothing new was said to the agent.
    expect(provider.ran).toEqual(['call-1 0']);
    const { events } = await checkLog(store, session.id);
    expect(events.filter(({ type }) => type === 'run_resumed')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'tool_call_started')).toHaveLength(1);
  });

  it('hears of an answer that came while its agent was being ended', async () => {
    const { store, open } = openStore();
    let decide = async (): Promise<void> => {};
    const provider = parkingProvider({ beforeParked: () => decide() });
    await using manager = await open(provider);
    decide = async () => {
      await manager.approvals.decide(await pendingId(manager), { as: 'allow' });
      // Its executor has heard of it, too.
      await quiet();
    };
    const session = await manager.createSession({ cwd: '/tmp' });
    const run = await session.run('go');
    expect((await run.result).status).toBe('completed');
    expect(provider.ran).toHaveLength(1);
    await checkLog(store, session.id);
  });

  it('that fails while its agent is being ended waits for nobody, also when it was answered', async () => {
    const { store, open } = openStore();
    let fail = async (): Promise<void> => {};
    await using manager = await open(parkingProvider({ beforeParked: () => fail() }));
    fail = async () => {
      await manager.approvals.decide(await pendingId(manager), { as: 'allow' });
      throw new Error('It broke.');
    };
    const session = await manager.createSession({ cwd: '/tmp' });
    const run = await session.run('go');
    expect((await run.result).status).toBe('failed');
    expect(await run.read()).not.toHaveProperty('waitingFor');
    await checkLog(store, session.id);
  });

  it('that is cancelled while its agent is being ended is cancelled', async () => {
    const { store, open } = openStore();
    const asked = Promise.withResolvers<void>();
    await using manager = await open(parkingProvider({ beforeParked: () => asked.promise }));
    const session = await manager.createSession({ cwd: '/tmp' });
    const run = await session.run('go');
    // The wish is in the log, and whoever comes first: the agent's end, or who reads the wish.
    const cancelling = run.cancel('over');
    await waitForEvent(run, 'run_cancel_requested');
    asked.resolve();
    expect((await cancelling).status).toBe('cancelled');
    expect((await run.result).status).toBe('cancelled');
    expect((await manager.approvals.list()).rows).toMatchObject([{ status: 'withdrawn' }]);
    await checkLog(store, session.id);
  });

  it('has no agent to speak to', async () => {
    const { open } = openStore();
    await using manager = await open(parkingProvider());
    const { run } = await parkedRun(manager);
    await expect(run.steer('hello')).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(run.interrupt()).rejects.toMatchObject({ code: 'invalid_operation' });
    await expect(manager.executeRun(run.id)).rejects.toMatchObject({ code: 'invalid_operation' });
  });

  it('is left alone by who can not go on with it, and given up a day after it was decided', async () => {
    const clock = createTestClock();
    const { store, open } = openStore(clock);
    const gone = await open(parkingProvider());
    const { session, run, id } = await parkedRun(gone, clock);
    await gone.close();
    await using manager = await open();
    clock.advance(day / 2);
    expect(await manager.recover()).toEqual([]);
    await manager.approvals.decide(id, { as: 'allow' });
    clock.advance(day - 1);
    expect(await manager.recover()).toEqual([]);
    clock.advance(1);
    expect(await manager.recover()).toMatchObject([{ id: run.id, error: { code: 'run_abandoned' } }]);
    await checkLog(store, session.id);
    expect((await store.run(run.id)) ?? {}).not.toHaveProperty('parked');
  });

  it('goes on with the default of its question when its time is over', async () => {
    const clock = createTestClock();
    const { store, open } = openStore(clock);
    const provider = parkingProvider();
    await using manager = await open(provider);
    const { session, run, id } = await parkedRun(manager, clock);
    let over = false;
    void run.result.then(() => (over = true));
    clock.advance(day - 1);
    expect((await manager.approvals.get(id)).status).toBe('pending');
    while (!over) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await run.result).toMatchObject({ status: 'completed', output: 'deny' });
    expect(provider.ran).toEqual([]);
    const { events } = await checkLog(store, session.id);
    expect(events.filter(({ type }) => type === 'tool_approval_expired')).toHaveLength(1);
  });

  it('goes on with the default of its question when it recovers after the deadline', async () => {
    const clock = createTestClock();
    const { store, open } = openStore(clock);
    const provider = parkingProvider();
    const gone = await open(provider);
    const { session, run, id } = await parkedRun(gone, clock);
    await gone.close();
    clock.advance(day);
    await using manager = await open(provider);
    await expect(manager.approvals.decide(id, { as: 'allow' })).rejects.toMatchObject({
      code: 'approval_expired',
    });
    expect(await manager.recover()).toEqual([]);
    expect(await (await manager.getRun(run.id)).result).toMatchObject({ output: 'deny' });
    expect(provider.ran).toEqual([]);
    await checkLog(store, session.id);
  });

  it('has ended when the manager is closed that was just taking it up', async () => {
    const { store, open } = openStore();
    const gone = await open(parkingProvider());
    const { session, run, id } = await parkedRun(gone);
    await gone.close();
    await using decider = await open();
    await decider.approvals.decide(id, { as: 'allow' });
    const acting = actingStore(store);
    const manager = await createSessionManager({
      store: acting.store,
      providers: [parkingProvider()],
      keepOpen: true,
    });
    const closed = Promise.withResolvers<void>();
    acting.afterNext('commit', () => void manager.close().then(closed.resolve, closed.reject));
    const starting = manager.executeRun(run.id);
    await closed.promise;
    expect((await store.run(run.id))?.status).toBe('cancelled');
    await starting;
    expect(await store.leases.current(run.id)).toBeUndefined();
    await checkLog(store, session.id);
  });

  it('keeps its place in the order of its session, also when its server and manager are closed', async () => {
    const { store, open } = openStore();
    const provider = parkingProvider();
    const first = await open(provider);
    const session = await first.createSession({ cwd: '/tmp' });
    const server = await createSessionServer(first, { session: session.id });
    const run = await server.submitRun('one');
    const next = await server.submitRun('two');
    await waitForEvent(await server.getRun(run.id), 'run_parked');
    const id = await pendingId(first);
    await server.close();
    await first.close();
    await using manager = await open(provider);
    await using again = await createSessionServer(manager, { session: session.id });
    expect((await again.status()).queued.map((queued) => queued.id)).toEqual([next.id]);
    await manager.approvals.decide(id, { as: 'deny', stop: true });
    await manager.recover();
    expect((await again.awaitRun(run.id)).status).toBe('cancelled');
    await manager.approvals.decide(await pendingId(manager), { as: 'allow' });
    expect(await again.awaitRun(next.id)).toMatchObject({ status: 'completed', output: 'allow' });
    await checkLog(store, session.id);
  });
});

it('an agent that does not end when it is parked is cancelled with its manager', async () => {
  const clock = createTestClock();
  const { store, open } = openStore(clock);
  const never = new Promise<void>(() => {});
  const manager = await open(parkingProvider({ beforeParked: () => never }));
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go', { approvals: { parkAfter: Number.POSITIVE_INFINITY } });
  await pendingId(manager);
  const closing = manager.close();
  let closed = false;
  void closing.then(() => (closed = true));
  while (!closed) {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await store.run(run.id))?.status).toBe('cancelled');
  expect((await store.approvals({})).rows).toMatchObject([{ status: 'withdrawn' }]);
  await checkLog(store, session.id);
});

it('a provider that parks unasked breaks its promises: the run fails', async () => {
  const { store, open } = openStore();
  await using manager = await open(parkingProvider({ parksUnasked: true }));
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go');
  expect(await run.result).toMatchObject({ status: 'failed', error: { code: 'agent_protocol_error' } });
  await checkLog(store, session.id);
});
