import assert from 'node:assert/strict';

import type { Session } from '../../domain/session.ts';
import { assertDeeplyFrozen, rejects } from './expectation.ts';
import { addRun, addSession, append, runId, sampleRun, sampleSession, sessionId } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

/** How rows are made, changed and given back. */
export const rowCases: readonly StoreCase[] = [
  {
    name: 'rows: are given back as they were created',
    async run(room) {
      const store = await room.open();
      const id = sessionId('a');
      const metadata: Session['metadata'] = JSON.parse(
        '{"z":1,"a":[null,"\\u0000 \\ud800 😀"],"__proto__":{"x":1}}',
      );
      const session = sampleSession(id, {
        metadata,
        provider: 'claude',
        cwd: '/tmp/ä',
        title: '“quoted” \u0000 \ud83d 😀',
        tags: ['b', 'a'],
        forkedFrom: { sessionId: sessionId('before'), seq: 3 },
        agents: { claude: { id: 'c-1', runId: runId('r') } },
      });
      const run = sampleRun(runId('r'), id, {
        model: 'm',
        process: { pid: 1, processGroup: 2 },
        output: 'x\u2028',
      });
      await store.commit({
        sessionId: id,
        session: { create: session },
        runs: [{ create: run }],
        events: [],
      });
      assert.deepEqual(await store.session(id), session);
      assert.deepEqual(await store.run(run.id), run);
      const stored = await store.session(id);
      assert.deepEqual(Object.keys(stored?.metadata ?? {}), Object.keys(metadata), 'order of the fields');
    },
  },
  {
    name: 'rows: each change raises the version by 1 and leaves other fields alone',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a', { title: 'kept' });
      const run = await addRun(store, id, 'r');
      const { runs } = await store.commit({
        sessionId: id,
        session: { id, expectedVersion: 1, set: { status: 'active', updatedAt: 99 } },
        runs: [{ id: run, expectedVersion: 1, set: { status: 'running', startedAt: 98 } }],
        events: [],
      });
      assert.deepEqual(
        await store.session(id),
        sampleSession(id, { title: 'kept', status: 'active', updatedAt: 99, version: 2 }),
      );
      assert.deepEqual(
        await store.run(run),
        sampleRun(run, id, { status: 'running', startedAt: 98, version: 2 }),
      );
      assert.deepEqual(runs, [await store.run(run)], 'the change gives the rows as they are stored');
      await store.commit({
        sessionId: id,
        session: { id, expectedVersion: 2, set: { tags: ['x'] } },
        events: [],
      });
      const row = await store.session(id);
      assert.equal(row?.version, 3);
      assert.equal(row.updatedAt, 99, 'the caller decides updatedAt');
    },
  },
  {
    name: 'rows: a field set to undefined is removed',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a', { title: 'x', cwd: '/tmp' });
      const run = await addRun(store, id, 'r', { waitingFor: 'approval', model: 'm' });
      await store.commit({
        sessionId: id,
        session: { id, expectedVersion: 1, set: { title: undefined } },
        runs: [{ id: run, expectedVersion: 1, set: { waitingFor: undefined } }],
        events: [],
      });
      assert.deepEqual(await store.session(id), sampleSession(id, { cwd: '/tmp', version: 2 }));
      assert.deepEqual(await store.run(run), sampleRun(run, id, { model: 'm', version: 2 }));
    },
  },
  {
    name: 'rows: a stale version is a conflict that says expected and actual',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const set = (expectedVersion: number, title: string): Promise<unknown> =>
        store.commit({ sessionId: id, session: { id, expectedVersion, set: { title } }, events: [] });
      await set(1, 'first');
      for (const stale of [1, 3]) {
        const error = await rejects(set(stale, 'stale'), 'conflict', `version ${stale}`);
        assert.equal(error.details?.['expected'], stale);
        assert.equal(error.details?.['actual'], 2);
      }
      assert.equal((await store.session(id))?.title, 'first');
      const run = { id: runId('nobody'), expectedVersion: 1, set: { attempt: 1 } };
      await rejects(store.commit({ sessionId: id, runs: [run], events: [] }), 'run_not_found', 'unknown run');
    },
  },
  {
    name: 'rows: appending and leases leave versions alone',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      await append(store, id, 'x', 'y');
      const lease = await store.leases.acquire({ runId: run, owner: 'me', milliseconds: 1000 });
      if (lease !== undefined) await store.leases.release(lease);
      assert.equal((await store.session(id))?.version, 1);
      assert.equal((await store.run(run))?.version, 1);
      assert.equal((await store.events({ sessionId: id })).latestSeq, 3);
    },
  },
  {
    name: "rows: what is given back is deeply frozen and never the caller's own",
    async run(room) {
      const store = await room.open();
      const id = sessionId('a');
      const tags = ['before'];
      const nested = { list: [1] };
      const given = { ...sampleSession(id), tags, metadata: { nested }, title: 'before' };
      const run = sampleRun(runId('r'), id);
      const event = { type: 'warning_raised' as const, time: 1, payload: '"before"' };
      const events = [event];
      const commit = store.commit({
        sessionId: id,
        session: { create: given },
        runs: [{ create: run }],
        events,
      });
      const committed = await commit;
      tags.push('after');
      nested.list.push(2);
      given.title = 'after';
      event.payload = '"after"';
      events.length = 0;
      const row = await store.session(id);
      assert.deepEqual(row?.tags, ['before']);
      assert.deepEqual(row.metadata, { nested: { list: [1] } });
      assert.equal(row.title, 'before');
      assertDeeplyFrozen(row, 'session');
      assertDeeplyFrozen(await store.run(run.id), 'run');
      assertDeeplyFrozen((await store.sessions({})).rows, 'sessions');
      assertDeeplyFrozen((await store.runs({})).rows, 'runs');
      const page = await store.events({ sessionId: id });
      assert.equal(page.events[0]?.payload, '"before"');
      assertDeeplyFrozen(page.events, 'events');
      assertDeeplyFrozen(committed.events, 'committed');
      assertDeeplyFrozen((await store.feed({})).events, 'feed');
    },
  },
];
