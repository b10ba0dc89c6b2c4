import assert from 'node:assert/strict';

import type { EventType } from '../../domain/event.ts';
import type { SessionId } from '../../domain/id.ts';
import type { NewEvent, StoredEvent } from '../../domain/stored-event.ts';
import type { EventQuery, SessionStore } from '../../ports/session-store.ts';
import { assertNumbered, readLog, rejects } from './expectation.ts';
import { assertPage } from './expected-page.ts';
import { addSession, append, runId, sampleEvent } from './sample-rows.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import type { StoreCase } from './store-case.ts';

const types = [
  'message_streamed',
  'tool_call_started',
  'warning_raised',
  'unparsed',
] as const satisfies EventType[];
const runs = [runId('x'), runId('y'), undefined] as const;

function randomEvent(random: SeededRandom, index: number): NewEvent {
  const run = random.pick(runs);
  const type = random.chance(0.02) ? 'plan_updated' : random.pick(types);
  // Clocks of several processes differ: times don't follow the numbers.
  return sampleEvent(`event ${index}`, {
    type,
    time: random.below(200),
    ...(run === undefined ? {} : { runId: run }),
  });
}

async function fill(store: SessionStore, id: SessionId, random: SeededRandom, count: number): Promise<void> {
  for (let index = 0; index < count;) {
    const events = Array.from({ length: 1 + random.below(12) }, () => randomEvent(random, index++));
    await store.commit({ sessionId: id, events });
  }
}

function randomQuery(random: SeededRandom, sessionId: SessionId, length: number): EventQuery {
  const run = random.pick([runId('x'), runId('y'), runId('unknown')]);
  const wanted = ([...types, 'plan_updated', 'file_changed'] as const).filter(() => random.chance(0.3));
  return {
    sessionId,
    ...(random.chance(0.5) ? { after: random.below(length + 5) } : {}),
    ...(random.chance(0.4) ? { before: random.below(length + 5) } : {}),
    ...(random.chance(0.6) ? { order: random.pick(['ascending', 'descending']) } : {}),
    ...(random.chance(0.8) ? { limit: 1 + random.below(random.pick([3, 30, 1000])) } : {}),
    ...(random.chance(0.4) ? { types: wanted } : {}),
    ...(random.chance(0.3) ? { runId: run } : {}),
    ...(random.chance(0.3) ? { since: random.below(210) } : {}),
  };
}

/** Walks all pages of a query by its own cursor and gives what they held. */
async function walk(store: SessionStore, query: EventQuery): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  const field = query.order === 'descending' ? 'before' : 'after';
  for (let cursor = query[field]; ;) {
    const page = await store.events({ ...query, ...(cursor === undefined ? {} : { [field]: cursor }) });
    events.push(...page.events);
    if (!page.hasMore) return events;
    assert.notEqual(page.scannedTo, cursor, 'a page with hasMore moves on');
    cursor = page.scannedTo;
  }
}

/** Pages of one log. */
export const pageCases: readonly StoreCase[] = [
  {
    name: 'pages: an empty log, and cursors beyond its end',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const [first] = (await store.events({ sessionId: id })).events;
      const log = first === undefined ? [] : [first];
      for (const order of ['ascending', 'descending'] as const) {
        for (const after of [0, 1, 2, 1000]) {
          for (const before of [0, 1, 2, 3, 1000]) {
            const query = { sessionId: id, order, after, before };
            assertPage(await store.events(query), log, query);
          }
        }
      }
    },
  },
  {
    name: 'pages: every mix of filters, cursors, orders and limits gives what filtering the log gives',
    async run(room) {
      const store = await room.open();
      const random = createSeededRandom(20_260_101);
      for (const length of [1, 12, 150]) {
        const id = await addSession(store, `log${length}`);
        await fill(store, id, random, length);
        const log = (await store.events({ sessionId: id, limit: 1000 })).events;
        assertNumbered(log);
        for (let index = 0; index < 150; index++) {
          const query = randomQuery(random, id, log.length);
          assertPage(await store.events(query), log, query);
        }
      }
    },
  },
  {
    name: 'pages: walking by scannedTo meets every matching event once, in both orders',
    async run(room) {
      const store = await room.open();
      const random = createSeededRandom(7);
      const id = await addSession(store, 'a');
      await fill(store, id, random, 200);
      const log = await readLog(store, id);
      for (const filter of [
        {},
        { types: ['plan_updated', 'unparsed'] },
        { runId: runId('x') },
        { since: 150 },
      ] as const) {
        for (const limit of [1, 7, 1000]) {
          const forward = await walk(store, { sessionId: id, limit, ...filter });
          assertPage({ events: forward, hasMore: false, scannedTo: log.length, latestSeq: log.length }, log, {
            sessionId: id,
            limit: 1000,
            ...filter,
          });
          const backward = await walk(store, { sessionId: id, limit, order: 'descending', ...filter });
          assert.deepEqual(backward.toReversed(), forward);
        }
      }
    },
  },
  {
    name: 'pages: no types means no events',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      await append(store, id, 'x');
      const page = await store.events({ sessionId: id, types: [] });
      assert.deepEqual({ ...page }, { events: [], scannedTo: 2, hasMore: false, latestSeq: 2 });
    },
  },
  {
    name: 'pages: a page has 100 events unless told, and at most 1,000',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      await append(store, id, ...Array.from({ length: 1100 }, (_, index) => `event ${index}`));
      assert.equal((await store.events({ sessionId: id })).events.length, 100);
      assert.equal((await store.events({ sessionId: id, limit: 1000 })).events.length, 1000);
      assertNumbered(await readLog(store, id, 1000));
    },
  },
  {
    name: 'pages: refuse bad cursors and limits',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      for (const cursor of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
        await rejects(store.events({ sessionId: id, after: cursor }), 'invalid_cursor', `after ${cursor}`);
        await rejects(store.events({ sessionId: id, before: cursor }), 'invalid_cursor', `before ${cursor}`);
      }
      for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
        await rejects(store.events({ sessionId: id, limit }), 'invalid_input', `limit ${limit}`);
      }
    },
  },
  {
    name: 'pages: reading while others write sees each event once, in order, from the first to the last',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const total = 300;
      const write = async (): Promise<void> => {
        for (let index = 1; index < total;) {
          const texts = Array.from({ length: Math.min(5, total - index) }, () => `event ${index++}`);
          await append(store, id, ...texts);
        }
      };
      const read = async (): Promise<readonly StoredEvent[]> => {
        const seen: StoredEvent[] = [];
        for (let after = 0; seen.length < total;) {
          const page = await store.events({ sessionId: id, after, limit: 3 });
          assert.ok(
            page.latestSeq >= (page.events.at(-1)?.seq ?? 0),
            'latestSeq is of the same moment as the events',
          );
          assert.equal(page.hasMore, page.scannedTo < page.latestSeq, 'hasMore is of the same moment');
          seen.push(...page.events);
          after = page.scannedTo;
        }
        return seen;
      };
      const [, ...readers] = await Promise.all([write(), read(), read()]);
      for (const seen of readers) assertNumbered(seen);
      assert.equal((await walk(store, { sessionId: id, order: 'descending', limit: 9 })).length, total);
    },
  },
];
