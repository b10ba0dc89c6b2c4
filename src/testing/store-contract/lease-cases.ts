import assert from 'node:assert/strict';

import type { RunId, SessionId } from '../../domain/id.ts';
import type { Committed, Lease, LeaseRequest, SessionStore } from '../../ports/session-store.ts';
import { hasLog, rejects } from './expectation.ts';
import { addRun, addSession, runId, sampleEvent } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

const minute = 60_000;

async function acquire(store: SessionStore, run: RunId, owner: string): Promise<Lease> {
  const lease = await store.leases.acquire({ runId: run, owner, milliseconds: minute });
  assert.ok(lease !== undefined, `${owner} gets the lease`);
  return lease;
}

function fenced(
  store: SessionStore,
  id: SessionId,
  lease: Pick<Lease, 'runId' | 'token'>,
): Promise<Committed> {
  const fence = { runId: lease.runId, token: lease.token };
  return store.commit({ sessionId: id, lease: fence, events: [sampleEvent('by the owner')] });
}

async function refused(
  store: SessionStore,
  id: SessionId,
  lease: Pick<Lease, 'runId' | 'token'>,
): Promise<void> {
  const { latestSeq } = await store.events({ sessionId: id });
  await rejects(fenced(store, id, lease), 'lease_lost', `fence with token ${lease.token}`);
  assert.equal((await store.events({ sessionId: id })).latestSeq, latestSeq, 'nothing was written');
}

/** Leases and the fences of changes. */
export const leaseCases: readonly StoreCase[] = [
  {
    name: 'leases: one owner at a time, told from the row and the log',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      assert.equal(await store.leases.current(run), undefined);
      const lease = await acquire(store, run, 'first');
      assert.equal(lease.runId, run);
      assert.equal(lease.owner, 'first');
      assert.equal(
        await store.leases.acquire({ runId: run, owner: 'second', milliseconds: minute }),
        undefined,
      );
      assert.deepEqual({ ...(await store.leases.current(run)) }, { ...lease });
      await fenced(store, id, lease);
      await hasLog(store, id, ['{}', sampleEvent('by the owner').payload]);
    },
  },
  {
    name: 'leases: at most one of many that ask at once gets it',
    async run(room) {
      const store = await room.open();
      const run = await addRun(store, await addSession(store, 'a'), 'r');
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          store.leases.acquire({ runId: run, owner: `owner-${index}`, milliseconds: minute }),
        ),
      );
      assert.equal(answers.filter((lease) => lease !== undefined).length, 1);
    },
  },
  {
    name: 'leases: the same owner may take it again, which makes its older fence stale',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const first = await acquire(store, run, 'me');
      const second = await acquire(store, run, 'me');
      assert.ok(second.token > first.token);
      await refused(store, id, first);
      await fenced(store, id, second);
      await rejects(store.leases.renew(first, minute), 'lease_lost', 'renewal of the older one');
    },
  },
  {
    name: 'leases: a fence without a lease, or with one to come, is refused',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      await refused(store, id, { runId: run, token: 1 });
      const lease = await acquire(store, run, 'me');
      await refused(store, id, { runId: run, token: lease.token + 1 });
      await refused(store, id, { runId: runId('other'), token: lease.token });
    },
  },
  {
    name: 'leases: giving back ends the fence; tokens go on growing',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const first = await acquire(store, run, 'first');
      await store.leases.release(first);
      assert.equal(await store.leases.current(run), undefined);
      await refused(store, id, first);
      await rejects(store.leases.renew(first, minute), 'lease_lost', 'renewal after giving back');
      const second = await acquire(store, run, 'second');
      assert.ok(second.token > first.token, `token ${second.token} after ${first.token}`);
      await store.leases.release(first);
      assert.equal((await store.leases.current(run))?.token, second.token, 'an old lease gives nothing back');
      await fenced(store, id, second);
    },
  },
  {
    name: 'leases: run out after their time, and then another may take over',
    needs: ['clock'],
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const first = await acquire(store, run, 'first');
      assert.equal(first.expiresAt, room.now() + minute);
      room.passTime(minute - 1);
      assert.equal(await store.leases.acquire({ runId: run, owner: 'second', milliseconds: 1 }), undefined);
      room.passTime(2);
      assert.deepEqual({ ...(await store.leases.current(run)) }, { ...first }, 'it stands though it ran out');
      const second = await acquire(store, run, 'second');
      assert.ok(second.token > first.token);
      await refused(store, id, first);
      await rejects(store.leases.renew(first, minute), 'lease_lost', 'renewal after takeover');
      await store.leases.release(first);
      await fenced(store, id, second);
    },
  },
  {
    name: 'leases: one that ran out may write and be renewed until somebody takes it',
    needs: ['clock'],
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const lease = await acquire(store, run, 'me');
      room.passTime(2 * minute);
      await fenced(store, id, lease);
      const renewed = await store.leases.renew(lease, 3 * minute);
      assert.deepEqual({ ...renewed }, { ...lease, expiresAt: room.now() + 3 * minute });
      room.passTime(2 * minute);
      assert.equal(await store.leases.acquire({ runId: run, owner: 'other', milliseconds: 1 }), undefined);
      await fenced(store, id, renewed);
    },
  },
  {
    name: 'leases: a change takes one and gives one back, with what it writes',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const [run, next] = [await addRun(store, id, 'r'), await addRun(store, id, 's')];
      const take = (runOf: RunId, owner: string): LeaseRequest => ({
        runId: runOf,
        owner,
        milliseconds: minute,
      });
      const started = await store.commit({
        sessionId: id,
        takeLease: take(run, 'me'),
        events: [sampleEvent('started')],
      });
      const { lease } = started;
      assert.ok(lease !== undefined, 'the change gives the lease that it took');
      assert.deepEqual({ ...(await store.leases.current(run)) }, { ...lease });
      const fence = { runId: run, token: lease.token, release: true };
      const passed = await store.commit({
        sessionId: id,
        lease: fence,
        takeLease: take(next, 'me'),
        events: [sampleEvent('passed on')],
      });
      assert.equal(await store.leases.current(run), undefined, 'the first is given back');
      assert.equal((await store.leases.current(next))?.token, passed.lease?.token);
      await refused(store, id, lease);
      await rejects(
        store.commit({
          sessionId: id,
          key: 'k',
          takeLease: take(run, 'me'),
          events: [sampleEvent('with a key')],
        }),
        'invalid_input',
        'a lease with a key',
      );
    },
  },
  {
    name: 'leases: a change that is refused takes none, gives none back, and writes nothing',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const [run, next] = [await addRun(store, id, 'r'), await addRun(store, id, 's')];
      const mine = await acquire(store, run, 'me');
      await acquire(store, next, 'other');
      const fence = { runId: run, token: mine.token, release: true };
      const { latestSeq } = await store.events({ sessionId: id });
      await rejects(
        store.commit({
          sessionId: id,
          lease: fence,
          takeLease: { runId: next, owner: 'me', milliseconds: minute },
          events: [sampleEvent('too much')],
        }),
        'run_already_executing',
        "another's lease",
      );
      const third = await addRun(store, id, 't');
      await rejects(
        store.commit({
          sessionId: id,
          lease: fence,
          takeLease: { runId: third, owner: 'me', milliseconds: minute },
          runs: [{ id: third, expectedVersion: 7, set: {} }],
          events: [sampleEvent('stale')],
        }),
        'conflict',
        'a stale row',
      );
      assert.equal((await store.leases.current(run))?.token, mine.token, 'it is still ours');
      assert.equal(await store.leases.current(third), undefined, 'none was taken');
      assert.equal((await store.events({ sessionId: id })).latestSeq, latestSeq, 'nothing was written');
    },
  },
  {
    name: 'leases: refuse malformed requests',
    async run(room) {
      const store = await room.open();
      const run = await addRun(store, await addSession(store, 'a'), 'r');
      const { leases } = store;
      for (const milliseconds of [0, -1, Number.NaN, Infinity]) {
        await rejects(
          leases.acquire({ runId: run, owner: 'me', milliseconds }),
          'invalid_input',
          `${milliseconds} ms`,
        );
      }
      await rejects(leases.acquire({ runId: run, owner: '', milliseconds: 1 }), 'invalid_input', 'no owner');
      const lease = await acquire(store, run, 'me');
      await rejects(leases.renew(lease, 0), 'invalid_input', 'renewal for no time');
    },
  },
];
