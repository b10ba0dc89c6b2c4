import assert from 'node:assert/strict';

import type { StoredEvent } from '../../domain/stored-event.ts';
import type { FeedQuery, SessionStore } from '../../ports/session-store.ts';
import { readLog, rejects } from './expectation.ts';
import { addSession, append, sampleEvent } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

/** Walks the feed to its end and gives what it held, and where it ended. */
async function walkFeed(
  store: SessionStore,
  query: FeedQuery,
): Promise<{ readonly events: readonly StoredEvent[]; readonly cursor: string }> {
  const events: StoredEvent[] = [];
  for (let after = query.after; ;) {
    const page = await store.feed({ ...query, ...(after === undefined ? {} : { after }) });
    events.push(...page.events);
    if (!page.hasMore) return { events, cursor: page.cursor };
    assert.notEqual(page.cursor, after, 'a page with hasMore moves on');
    after = page.cursor;
  }
}

/** The feed of all sessions. */
export const feedCases: readonly StoreCase[] = [
  {
    name: 'feed: holds the events of all sessions in the order of their commits, page by page and on',
    async run(room) {
      const store = await room.open();
      const ids = [await addSession(store, 'a'), await addSession(store, 'b'), await addSession(store, 'c')];
      for (let index = 0; index < 30; index++) {
        const id = ids[(index * 7) % 3];
        if (id !== undefined) await append(store, id, `event ${index}`, `and ${index}`);
      }
      const whole = await walkFeed(store, {});
      assert.equal(whole.events.length, 63);
      const texts = whole.events.slice(3).map((event) => event.payload);
      const expected = Array.from({ length: 30 }, (_, index) => [`event ${index}`, `and ${index}`]).flat();
      assert.deepEqual(
        texts,
        expected.map((value) => sampleEvent(value).payload),
      );
      for (const id of ids) {
        assert.deepEqual(
          whole.events.filter((event) => event.sessionId === id),
          await readLog(store, id),
        );
      }
      for (const limit of [1, 5, 1000])
        assert.deepEqual((await walkFeed(store, { limit })).events, whole.events);

      const nothing = await store.feed({ after: whole.cursor });
      assert.deepEqual({ ...nothing }, { events: [], cursor: whole.cursor, hasMore: false });
      for (const id of ids) await append(store, id, 'later');
      const later = await walkFeed(store, { after: whole.cursor, limit: 1 });
      assert.deepEqual(
        later.events.map((event) => [event.sessionId, event.payload]),
        ids.map((id) => [id, sampleEvent('later').payload]),
      );
    },
  },
  {
    name: 'feed: an empty store has a cursor to go on from',
    async run(room) {
      const store = await room.open();
      const empty = await store.feed({});
      assert.deepEqual(empty.events, []);
      assert.equal(empty.hasMore, false);
      await addSession(store, 'a');
      assert.equal((await store.feed({ after: empty.cursor })).events.length, 1);
      const { events, cursor } = await store.feed({ types: [] });
      assert.deepEqual(events, [], 'of no type');
      assert.deepEqual((await store.feed({ after: cursor })).events, [], 'its cursor is that of the end');
    },
  },
  {
    name: 'feed: filters by type and moves on over what does not match',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      for (let index = 0; index < 20; index++) {
        const type = index % 5 === 0 ? 'warning_raised' : 'message_streamed';
        await store.commit({ sessionId: id, events: [sampleEvent(`event ${index}`, { type })] });
      }
      const all = (await walkFeed(store, {})).events;
      const wanted = all.filter((event) => event.type === 'warning_raised');
      for (const limit of [1, 3, 4, 5]) {
        const found = await walkFeed(store, { types: ['warning_raised', 'plan_updated'], limit });
        assert.deepEqual(found.events, wanted);
        assert.deepEqual(
          (await store.feed({ after: found.cursor })).events,
          [],
          'what was looked at comes no more',
        );
      }
      const none = await walkFeed(store, { types: [] });
      assert.deepEqual(none.events, []);
    },
  },
  {
    name: 'feed: refuses cursors of others and bad limits',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      for (let index = 0; index < 3; index++) await addSession(store, `more${index}`);
      const { nextCursor } = await store.sessions({ limit: 1 });
      for (const after of ['', 'x', '12', '-1', `${id}`, 'ä', nextCursor ?? '']) {
        await rejects(store.feed({ after }), 'invalid_cursor', `cursor ${JSON.stringify(after)}`);
      }
      for (const limit of [0, -1, 1001, 1.5]) {
        await rejects(store.feed({ limit }), 'invalid_input', `limit ${limit}`);
      }
    },
  },
];
