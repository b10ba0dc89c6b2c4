import type { EventType } from '../../domain/event.ts';
import assert from 'node:assert/strict';

import { decodeEvent } from '../../domain/stored-event.ts';
import { hasLog, readLog, rejects } from './expectation.ts';
import { addSession, sampleEvent } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

/** Payloads that a store would change if it read them as JSON, as C text or as anything but text. */
const payloads: readonly string[] = [
  JSON.stringify({ text: 'NUL \u0000 and lone surrogates \ud800 \udfff' }),
  '{"z":1,"a":2,"10":3,"9":4,"a":5}',
  '{"number":1e400,"exact":12345678901234567890.10,"zero":-0}',
  ' { "space" : [ 1 ,\n\t2 ] } ',
  JSON.stringify('emoji 😀 👩‍👩‍👧, ünïcödé, \u2028\u2029, \ufeff'),
  '"raw emoji 😀 and \u{10ffff}"',
  '{"__proto__":{"polluted":true},"constructor":null}',
  `"${'quotes \' \\" ; DROP TABLE event; -- %s ? $1'}"`,
  'null',
  '0',
  `"${'x'.repeat(70_000)}"`,
];

/** Payloads are kept character by character. */
export const payloadCases: readonly StoreCase[] = [
  {
    name: 'payloads: every character is kept',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const committed = await store.commit({
        sessionId: id,
        events: payloads.map((payload) => sampleEvent('', { payload })),
      });
      assert.deepEqual(
        committed.events.map((event) => event.payload),
        payloads,
      );
      await hasLog(store, id, ['{}', ...payloads]);
      assert.deepEqual(
        (await store.feed({ after: (await store.feed({ limit: 1 })).cursor })).events.map(
          (event) => event.payload,
        ),
        payloads,
      );
    },
  },
  {
    name: 'payloads: a lone surrogate that is not escaped is refused',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const payload = '"\ud800"';
      await rejects(
        store.commit({ sessionId: id, events: [sampleEvent('', { payload })] }),
        'invalid_input',
        'lone surrogate',
      );
      await hasLog(store, id, ['{}']);
    },
  },
  {
    name: 'payloads: a type that this version does not know is kept and read as unrecognized',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      // What a newer version of the library writes.
      const type = 'from_the_future' as EventType;
      await store.commit({ sessionId: id, events: [sampleEvent('', { type, payload: '{"a":[1]}' })] });
      const stored = (await readLog(store, id))[1];
      assert.equal(stored?.type, type);
      assert.deepEqual(
        { ...decodeEvent(stored) },
        {
          sessionId: id,
          seq: 2,
          position: stored.position,
          time: stored.time,
          type: 'unrecognized',
          originalType: type,
          data: { a: [1] },
        },
      );
      const page = await store.events({ sessionId: id, types: [type] });
      assert.deepEqual(
        page.events.map((event) => event.seq),
        [2],
      );
    },
  },
];
