import assert from 'node:assert/strict';

import type { Change } from '../../ports/session-store.ts';
import { assertNumbered, hasLog, readLog, rejects } from './expectation.ts';
import { addRun, addSession, append, sampleEvent, sampleSession } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

const text = (value: string): string => sampleEvent(value).payload;

/** Stores whose data outlives them, or is open several times at once. */
export const sharedDataCases: readonly StoreCase[] = [
  {
    name: 'persistence: everything is there after closing and opening again',
    needs: ['persistence', 'clock'],
    async run(room) {
      const before = await room.open();
      const id = await addSession(before, 'a', { title: 'kept' });
      const run = await addRun(before, id, 'r');
      const keyed: Change = { sessionId: id, key: 'k', events: [sampleEvent('once')] };
      await before.commit(keyed);
      const lease = await before.leases.acquire({ runId: run, owner: 'me', milliseconds: 60_000 });
      assert.ok(lease !== undefined);
      const { cursor } = await before.feed({});
      const log = await readLog(before, id);
      await before[Symbol.asyncDispose]();

      const after = await room.open();
      assert.deepEqual(await after.session(id), sampleSession(id, { title: 'kept' }));
      assert.equal((await after.run(run))?.id, run);
      assert.deepEqual(await readLog(after, id), log);
      assert.equal((await after.commit(keyed)).replayed, true, 'keys are kept');
      assert.deepEqual({ ...(await after.leases.current(run)) }, { ...lease }, 'leases are kept');
      await after.leases.release(lease);
      const next = await after.leases.acquire({ runId: run, owner: 'you', milliseconds: 1 });
      assert.ok((next?.token ?? 0) > lease.token, 'tokens go on growing');
      await append(after, id, 'later');
      await hasLog(after, id, ['{}', text('once'), text('later')]);
      assert.deepEqual(
        (await after.feed({ after: cursor })).events.map((event) => event.payload),
        [text('later')],
      );
    },
  },
  {
    name: 'sharing: what one handle commits, the other reads and goes on from',
    needs: ['sharing'],
    async run(room) {
      const [one, other] = [await room.open(), await room.open()];
      const id = await addSession(one, 'a');
      await append(other, id, 'from the other');
      await append(one, id, 'from the one');
      await hasLog(other, id, ['{}', text('from the other'), text('from the one')]);
      await one.commit({
        sessionId: id,
        session: { id, expectedVersion: 1, set: { title: 'x' } },
        events: [],
      });
      const stale: Change = {
        sessionId: id,
        session: { id, expectedVersion: 1, set: { title: 'y' } },
        events: [],
      };
      await rejects(other.commit(stale), 'conflict', 'version that the other handle changed');
      assert.equal((await other.session(id))?.title, 'x');
      await rejects(addSession(other, 'a'), 'already_exists', 'session of the other handle');
    },
  },
  {
    name: 'sharing: writers of several handles leave no gap and nothing twice',
    needs: ['sharing'],
    async run(room) {
      const stores = [await room.open(), await room.open(), await room.open()];
      const id = await addSession(await room.open(), 'a');
      await Promise.all(
        stores.map(async (store, handle) => {
          for (let index = 0; index < 15; index++) await append(store, id, `${handle}:${index}`);
        }),
      );
      for (const [handle, store] of stores.entries()) {
        const log = await readLog(store, id);
        assertNumbered(log);
        assert.equal(log.length, 46);
        const own = Array.from({ length: 15 }, (_, index) => text(`${handle}:${index}`));
        assert.deepEqual(
          log.map((event) => event.payload).filter((payload) => own.includes(payload)),
          own,
        );
      }
      const feed = await stores[0]?.feed({ limit: 1000 });
      assert.equal(feed?.events.length, 46);
    },
  },
  {
    name: 'sharing: keys and leases hold across handles',
    needs: ['sharing', 'clock'],
    async run(room) {
      const [one, other] = [await room.open(), await room.open()];
      const id = await addSession(one, 'a');
      const run = await addRun(one, id, 'r');
      const change: Change = { sessionId: id, key: 'k', events: [sampleEvent('x')] };
      const first = await one.commit(change);
      assert.deepEqual({ ...(await other.commit(change)) }, { ...first, replayed: true });

      const lease = await one.leases.acquire({ runId: run, owner: 'one', milliseconds: 1000 });
      assert.ok(lease !== undefined);
      const request = { runId: run, owner: 'other', milliseconds: 1000 };
      assert.equal(await other.leases.acquire(request), undefined);
      room.passTime(1001);
      const taken = await other.leases.acquire(request);
      assert.ok((taken?.token ?? 0) > lease.token);
      const fence = { runId: run, token: lease.token };
      await rejects(
        one.commit({ sessionId: id, lease: fence, events: [sampleEvent('late')] }),
        'lease_lost',
        'fence',
      );
      await hasLog(other, id, ['{}', text('x')]);
    },
  },
  {
    name: 'sharing: a watch is woken by the commits of another handle, until it is stopped',
    needs: ['sharing'],
    async run(room) {
      const [one, other] = [await room.open(), await room.open()];
      const id = await addSession(one, 'a');
      let seen = 0;
      const note = (): void => {
        void other.events({ sessionId: id, limit: 1 }).then(
          (page) => {
            seen = Math.max(seen, page.latestSeq);
          },
          () => {},
        );
      };
      const stop = other.watch(id, note);
      let all = 0;
      const stopAll = other.watch(undefined, () => all++);
      for (let index = 0; index < 5; index++) {
        const before = all;
        const { latestSeq } = await append(one, id, `event ${index}`);
        await room.eventually(() => seen >= latestSeq, `a wake that shows event ${latestSeq}`);
        await room.eventually(() => all > before, 'a wake of the watch of all');
      }
      stop();
      stopAll();
    },
  },
];
