import assert from 'node:assert/strict';

import type { Change, Committed, EventPage } from '../../ports/session-store.ts';
import { assertNumbered, hasLog, readLog, rejects } from './expectation.ts';
import {
  addRun,
  addSession,
  append,
  runId,
  sampleEvent,
  sampleRun,
  sampleSession,
  sessionId,
} from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

const text = (value: string): string => sampleEvent(value).payload;

/** What `commit` writes, and what it refuses. */
export const commitCases: readonly StoreCase[] = [
  {
    name: 'commit: events are numbered from 1 in their order, across commits',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const first = await append(store, id, 'one', 'two');
      const second = await append(store, id, 'three');
      assertNumbered(first.events, 2);
      assertNumbered(second.events, 4);
      assert.equal(first.latestSeq, 3);
      assert.equal(second.latestSeq, 4);
      assert.equal(second.replayed, false);
      await hasLog(store, id, ['{}', text('one'), text('two'), text('three')]);
    },
  },
  {
    name: 'commit: gives the events as reading gives them',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const event = sampleEvent('x', { runId: runId('r'), attempt: 2, provider: 'claude', time: 7 });
      const { events } = await store.commit({ sessionId: id, events: [event, sampleEvent('y')] });
      assert.deepEqual(events, (await readLog(store, id)).slice(1));
      const [first, second] = events;
      assert.deepEqual({ ...first }, { ...event, sessionId: id, seq: 2, position: first?.position });
      assert.deepEqual(Object.keys(second ?? {}).toSorted(), [
        'payload',
        'position',
        'seq',
        'sessionId',
        'time',
        'type',
      ]);
    },
  },
  {
    name: 'commit: numbers each session by itself',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a'), await addSession(store, 'b')];
      await Promise.all([append(store, a, 'a1', 'a2'), append(store, b, 'b1'), append(store, a, 'a3')]);
      await hasLog(store, a, ['{}', text('a1'), text('a2'), text('a3')]);
      await hasLog(store, b, ['{}', text('b1')]);
    },
  },
  {
    name: 'commit: refuses an unknown session, and the events of one',
    async run(room) {
      const store = await room.open();
      const unknown = sessionId('nobody');
      await rejects(append(store, unknown, 'x'), 'session_not_found', 'append');
      await rejects(store.events({ sessionId: unknown }), 'session_not_found', 'events');
      const set = { status: 'active' } as const;
      const write = { id: unknown, expectedVersion: 1, set };
      await rejects(
        store.commit({ sessionId: unknown, session: write, events: [] }),
        'session_not_found',
        'change of the row',
      );
      assert.equal(await store.session(unknown), undefined);
      assert.equal(await store.run(runId('nobody')), undefined);
    },
  },
  {
    name: 'commit: refuses ids that exist',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a', { title: 'first' }), await addSession(store, 'b')];
      const run = await addRun(store, a, 'r');
      await rejects(addSession(store, 'a', { title: 'second' }), 'already_exists', 'session');
      await rejects(addRun(store, a, 'r'), 'already_exists', 'run');
      await rejects(addRun(store, b, 'r'), 'already_exists', 'run of another session');
      assert.equal((await store.session(a))?.title, 'first');
      assert.equal((await store.run(run))?.sessionId, a);
      await hasLog(store, a, ['{}']);
    },
  },
  {
    name: 'commit: a change may write rows only, and then numbers nothing',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const change: Change = {
        sessionId: id,
        session: { id, expectedVersion: 1, set: { status: 'active' } },
        events: [],
      };
      const committed = await store.commit(change);
      assert.deepEqual({ ...committed }, { events: [], latestSeq: 1, replayed: false, runs: [] });
      const empty = sessionId('empty');
      const created = await store.commit({
        sessionId: empty,
        session: { create: sampleSession(empty) },
        events: [],
      });
      assert.equal(created.latestSeq, 0);
      const page = await store.events({ sessionId: empty });
      assert.deepEqual({ ...page }, { events: [], scannedTo: 0, hasMore: false, latestSeq: 0 });
    },
  },
  {
    name: 'commit: `onWritten` hears once of what is there to be read, before the commit resolves',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const heard: [Committed, Promise<EventPage>][] = [];
      let resolved = false;
      const change = { sessionId: id, events: [sampleEvent('one'), sampleEvent('two')] };
      const committed = await store
        .commit(change, {
          onWritten(written) {
            assert.equal(resolved, false);
            heard.push([written, store.events({ sessionId: id, after: 1 })]);
          },
        })
        .finally(() => (resolved = true));
      // A store that has nothing to do between the two may leave it.
      for (const [written, page] of heard) {
        assert.deepEqual({ ...written }, { ...committed });
        assert.deepEqual((await page).events, committed.events);
      }
      assert.ok(heard.length <= 1);
    },
  },
  {
    name: 'commit: `onWritten` hears nothing of what is refused',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      let heard = 0;
      const set = { status: 'active' } as const;
      const change: Change = { sessionId: id, session: { id, expectedVersion: 7, set }, events: [] };
      await rejects(store.commit(change, { onWritten: () => void heard++ }), 'conflict', 'version');
      assert.equal(heard, 0);
    },
  },
  {
    name: 'commit: refuses malformed changes and writes nothing of them',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const other = await addSession(store, 'b');
      const foreignRun = await addRun(store, other, 'foreign');
      const events = [sampleEvent('must not be stored')];
      const newRun = sampleRun(runId('new'), id);
      const bad: Record<string, Change> = {
        'nothing to write': { sessionId: id, events: [] },
        'no run rows either': { sessionId: id, runs: [], events: [] },
        'row of another session': {
          sessionId: id,
          session: { id: other, expectedVersion: 1, set: { title: 'x' } },
          events,
        },
        'new run of another session': {
          sessionId: id,
          runs: [{ create: { ...newRun, sessionId: other } }],
          events,
        },
        'changed run of another session': {
          sessionId: id,
          runs: [{ id: foreignRun, expectedVersion: 1, set: { attempt: 1 } }],
          events,
        },
        'new row not at version 1': { sessionId: id, runs: [{ create: { ...newRun, version: 2 } }], events },
        'one row twice': {
          sessionId: id,
          runs: [
            { id: run, expectedVersion: 1, set: { attempt: 1 } },
            { id: run, expectedVersion: 2, set: { attempt: 2 } },
          ],
          events,
        },
        'a lasting field removed': {
          sessionId: id,
          runs: [{ id: run, expectedVersion: 1, set: { status: undefined } }],
          events,
        },
        'empty key': { sessionId: id, key: '', events },
        'key of 201 characters': { sessionId: id, key: 'k'.repeat(201), events },
        'time that is no number': {
          sessionId: id,
          events: [...events, sampleEvent('x', { time: Number.NaN })],
        },
        'empty payload': { sessionId: id, events: [...events, sampleEvent('x', { payload: '' })] },
        'payload over 1 MiB': {
          sessionId: id,
          events: [...events, sampleEvent('x', { payload: `"${'x'.repeat(1_048_575)}"` })],
        },
      };
      for (const [what, change] of Object.entries(bad)) {
        await rejects(store.commit(change), 'invalid_input', what);
        await hasLog(store, id, ['{}']);
      }
      assert.equal(await store.run(runId('new')), undefined);
      assert.equal((await store.run(run))?.version, 1);
    },
  },
  {
    name: 'commit: takes a payload of exactly 1 MiB and a key of 200 characters',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const payload = `"${'x'.repeat(1_048_574)}"`;
      await store.commit({ sessionId: id, key: 'k'.repeat(200), events: [sampleEvent('', { payload })] });
      await hasLog(store, id, ['{}', payload]);
    },
  },
  {
    name: 'commit: a change whose second row conflicts leaves nothing',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const change: Change = {
        sessionId: id,
        key: 'once',
        session: { id, expectedVersion: 1, set: { status: 'active', title: 'changed' } },
        runs: [
          { create: sampleRun(runId('new'), id) },
          { id: run, expectedVersion: 9, set: { status: 'running' } },
        ],
        events: [sampleEvent('must not be stored')],
      };
      const error = await rejects(store.commit(change), 'conflict', 'stale version');
      assert.equal(error.details?.['expected'], 9);
      assert.equal(error.details?.['actual'], 1);
      await hasLog(store, id, ['{}']);
      assert.deepEqual((await store.feed({})).events.length, 1, 'events in the feed');
      assert.deepEqual(await store.session(id), sampleSession(id));
      assert.deepEqual(await store.run(run), sampleRun(run, id));
      assert.equal(await store.run(runId('new')), undefined);
      assert.deepEqual((await store.runs({})).rows.length, 1, 'listed runs');
      const again = await store.commit({ sessionId: id, key: 'once', events: [sampleEvent('other')] });
      assert.equal(again.replayed, false, 'a refused change uses no key up');
      assertNumbered(again.events, 2);
    },
  },
];
