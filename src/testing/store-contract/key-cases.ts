import assert from 'node:assert/strict';

import type { Change } from '../../ports/session-store.ts';
import { hasLog, rejects } from './expectation.ts';
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

const day = 24 * 60 * 60 * 1000;
const text = (value: string): string => sampleEvent(value).payload;

/** Idempotency keys. */
export const keyCases: readonly StoreCase[] = [
  {
    name: 'keys: the same change again gives the first outcome and writes nothing',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const run = await addRun(store, id, 'r');
      const change: Change = {
        sessionId: id,
        key: 'pay once',
        session: { id, expectedVersion: 1, set: { title: 'x' } },
        runs: [{ id: run, expectedVersion: 1, set: { attempt: 1 } }],
        events: [sampleEvent('one'), sampleEvent('two')],
      };
      const first = await store.commit(change);
      await append(store, id, 'later');
      const again = await store.commit(structuredClone(change));
      assert.equal(first.replayed, false);
      assert.deepEqual({ ...again }, { ...first, replayed: true, runs: [] });
      assert.equal((await store.session(id))?.version, 2);
      assert.equal((await store.run(run))?.version, 2);
      await hasLog(store, id, ['{}', text('one'), text('two'), text('later')]);
    },
  },
  {
    name: 'keys: creating again under the same key is no error',
    async run(room) {
      const store = await room.open();
      const id = sessionId('a');
      const change: Change = {
        sessionId: id,
        key: 'create',
        session: { create: sampleSession(id) },
        runs: [{ create: sampleRun(runId('r'), id) }],
        events: [],
      };
      await store.commit(change);
      const again = await store.commit(change);
      assert.deepEqual({ ...again }, { events: [], latestSeq: 0, replayed: true, runs: [] });
    },
  },
  {
    name: 'keys: the order of fields makes no other content',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const event = sampleEvent('x', { runId: runId('r') });
      const turned = Object.fromEntries(Object.entries(event).toReversed());
      const set = { title: 'x', metadata: { a: 1, b: { c: 2, d: 3 } } };
      const setTurned = { metadata: { b: { d: 3, c: 2 }, a: 1 }, title: 'x' };
      const key = 'k';
      await store.commit({ sessionId: id, key, session: { id, expectedVersion: 1, set }, events: [event] });
      const again = await store.commit({
        events: [{ ...event, ...turned }],
        session: { set: setTurned, expectedVersion: 1, id },
        key,
        sessionId: id,
      });
      assert.equal(again.replayed, true);
    },
  },
  {
    name: 'keys: other content under a used key is refused',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const base: Change = { sessionId: id, key: 'k', events: [sampleEvent('x')] };
      await store.commit(base);
      const others: Record<string, Change> = {
        'other payload': { ...base, events: [sampleEvent('y')] },
        'other spelling of the payload': {
          ...base,
          events: [sampleEvent('x', { payload: `${text('x')} ` })],
        },
        'other type': { ...base, events: [sampleEvent('x', { type: 'reasoning_streamed' })] },
        'other time': { ...base, events: [sampleEvent('x', { time: 1 })] },
        'of a run': { ...base, events: [sampleEvent('x', { runId: runId('r') })] },
        'one more event': { ...base, events: [sampleEvent('x'), sampleEvent('x')] },
        'a row more': { ...base, session: { id, expectedVersion: 1, set: { title: 'x' } } },
      };
      for (const [what, change] of Object.entries(others)) {
        await rejects(store.commit(change), 'idempotency_key_reused', what);
      }
      await hasLog(store, id, ['{}', text('x')]);
      assert.equal((await store.session(id))?.version, 1);
    },
  },
  {
    name: 'keys: a removed field is other content than an absent one',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a', { title: 'x', cwd: '/' });
      const change = (set: { readonly title?: undefined; readonly cwd: undefined }): Change => ({
        sessionId: id,
        key: 'k',
        session: { id, expectedVersion: 1, set },
        events: [],
      });
      await store.commit(change({ cwd: undefined }));
      await rejects(
        store.commit(change({ title: undefined, cwd: undefined })),
        'idempotency_key_reused',
        'one more removed field',
      );
    },
  },
  {
    name: 'keys: sessions have keys of their own, and no key means no memory',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a'), await addSession(store, 'b')];
      for (const id of [a, b]) {
        const { replayed } = await store.commit({ sessionId: id, key: 'k', events: [sampleEvent('x')] });
        assert.equal(replayed, false);
      }
      await append(store, a, 'x');
      await append(store, a, 'x');
      await hasLog(store, a, ['{}', text('x'), text('x'), text('x')]);
    },
  },
  {
    name: 'keys: a key is remembered for 7 days',
    needs: ['clock'],
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const change: Change = { sessionId: id, key: 'k', events: [sampleEvent('x')] };
      await store.commit(change);
      room.passTime(7 * day - 1);
      assert.equal((await store.commit(change)).replayed, true, 'just before the end');
      room.passTime(2);
      const anew = await store.commit({ ...change, events: [sampleEvent('other')] });
      assert.equal(anew.replayed, false, 'after the end');
      assert.equal(anew.latestSeq, 3);
      room.passTime(day);
      await rejects(store.commit(change), 'idempotency_key_reused', 'the key has its new content');
    },
  },
];
