import assert from 'node:assert/strict';

import type { RowPage, SessionStore } from '../../ports/session-store.ts';
import { rejects } from './expectation.ts';
import { addRun, runId, addSession, sampleTime } from './sample-rows.ts';
import type { StoreCase } from './store-case.ts';

type Row = { readonly id: string };

/** The ids of all pages of a listing. */
async function walk(
  list: (cursor: string | undefined) => Promise<RowPage<Row>>,
  limit: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await list(cursor);
    assert.ok(page.rows.length <= limit, `at most ${limit} rows`);
    ids.push(...page.rows.map((row) => row.id));
    if (page.nextCursor === undefined) return ids;
    assert.notEqual(page.nextCursor, cursor, 'a cursor moves on');
    cursor = page.nextCursor;
  }
}

/** Twelve sessions, several of one time, not made in the order of their times. */
async function addSessions(store: SessionStore): Promise<void> {
  for (let index = 0; index < 12; index++) {
    await addSession(store, `s${String((index * 5) % 12).padStart(2, '0')}`, {
      createdAt: sampleTime + Math.floor(((index * 5) % 12) / 3),
      status: index % 2 === 0 ? 'active' : 'paused',
      tags: index % 3 === 0 ? ['a', 'b'] : ['ab'],
      ...(index % 4 === 0 ? { provider: 'claude' } : {}),
    });
  }
}

/** Listings of sessions and runs. */
export const listingCases: readonly StoreCase[] = [
  {
    name: 'listings: sessions come newest first, by time and then id, page by page',
    async run(room) {
      const store = await room.open();
      await addSessions(store);
      const expected = Array.from(
        { length: 12 },
        (_, index) => `ses_s${String(11 - index).padStart(2, '0')}`,
      );
      for (const limit of [1, 3, 5, 12, 1000]) {
        const list = (cursor: string | undefined): Promise<RowPage<Row>> =>
          store.sessions({ limit, ...(cursor === undefined ? {} : { cursor }) });
        assert.deepEqual(await walk(list, limit), expected, `with limit ${limit}`);
      }
      assert.equal(
        (await store.sessions({ limit: 12 })).nextCursor,
        undefined,
        'a full last page has no cursor',
      );
    },
  },
  {
    name: 'listings: sessions are filtered by status, provider and tag, also across pages',
    async run(room) {
      const store = await room.open();
      await addSessions(store);
      const all = (await store.sessions({})).rows;
      const filters = [
        { status: ['active'] },
        { status: ['active', 'paused'] },
        { status: [] },
        { status: ['failed'] },
        { provider: 'claude' },
        { provider: 'Claude' },
        { tag: 'a' },
        { tag: 'ab' },
        { tag: '%' },
        { status: ['active'], provider: 'claude', tag: 'b' },
      ] as const;
      for (const filter of filters) {
        const status: readonly string[] | undefined = 'status' in filter ? filter.status : undefined;
        const expected = all.filter(
          (row) =>
            (status === undefined || status.includes(row.status)) &&
            (!('provider' in filter) || row.provider === filter.provider) &&
            (!('tag' in filter) || row.tags.includes(filter.tag)),
        );
        for (const limit of [1, 4, 50]) {
          const list = (cursor: string | undefined): Promise<RowPage<Row>> =>
            store.sessions({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
          assert.deepEqual(
            await walk(list, limit),
            expected.map((row) => row.id),
            JSON.stringify(filter),
          );
        }
      }
    },
  },
  {
    name: 'listings: runs are filtered by session, status and provider, newest first',
    async run(room) {
      const store = await room.open();
      const [a, b] = [await addSession(store, 'a'), await addSession(store, 'b')];
      for (let index = 0; index < 9; index++) {
        await addRun(store, index % 3 === 0 ? b : a, `r${index}`, {
          createdAt: sampleTime + Math.floor(index / 2),
          status: index % 2 === 0 ? 'running' : 'pending',
          provider: index < 4 ? 'claude' : 'shell',
        });
      }
      const ids = async (query: Parameters<SessionStore['runs']>[0]): Promise<readonly string[]> =>
        walk((cursor) => store.runs({ limit: 2, ...query, ...(cursor === undefined ? {} : { cursor }) }), 2);
      assert.deepEqual(
        await ids({}),
        [8, 7, 6, 5, 4, 3, 2, 1, 0].map((index) => `run_r${index}`),
      );
      assert.deepEqual(await ids({ sessionId: b }), ['run_r6', 'run_r3', 'run_r0']);
      assert.deepEqual(await ids({ sessionId: a, status: ['running'], provider: 'shell' }), [
        'run_r8',
        'run_r4',
      ]);
      assert.deepEqual(await ids({ status: [] }), []);
    },
  },
  {
    name: 'listings: open runs are those that have not ended, newest first, also across pages',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      for (let index = 0; index < 8; index++) {
        await addRun(store, id, `r${index}`, {
          createdAt: sampleTime + Math.floor(index / 2),
          status: index % 2 === 0 ? 'running' : 'pending',
        });
      }
      const open = async (): Promise<readonly string[]> =>
        walk(
          (cursor) =>
            store.runs({
              ...{ sessionId: id, status: ['pending', 'running'], limit: 2 },
              ...(cursor === undefined ? {} : { cursor }),
            }),
          2,
        );
      const numbers = (...indexes: readonly number[]): readonly string[] =>
        indexes.map((index) => `run_r${index}`);
      assert.deepEqual(await open(), numbers(7, 6, 5, 4, 3, 2, 1, 0));
      const ends = [
        { index: 4, status: 'completed' },
        { index: 7, status: 'cancelled' },
        { index: 0, status: 'failed' },
      ] as const;
      for (const { index, status } of ends) {
        await store.commit({
          sessionId: id,
          runs: [{ id: runId(`r${index}`), expectedVersion: 1, set: { status } }],
          events: [],
        });
      }
      assert.deepEqual(await open(), numbers(6, 5, 3, 2, 1));
      await store.commit({
        sessionId: id,
        runs: [{ id: runId('r5'), expectedVersion: 1, set: { status: 'running' } }],
        events: [],
      });
      const { rows } = await store.runs({ status: ['running'], limit: 9 });
      assert.deepEqual(
        rows.map((run) => run.id),
        numbers(6, 5, 2),
      );
      assert.equal((await store.runs({ limit: 9 })).rows.length, 8);
    },
  },
  {
    name: 'listings: a changed row is found by what it is now',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a', { tags: ['old'], provider: 'one' });
      const run = await addRun(store, id, 'r', { provider: 'one' });
      await store.commit({
        sessionId: id,
        session: { id, expectedVersion: 1, set: { tags: ['new'], provider: undefined, status: 'active' } },
        runs: [{ id: run, expectedVersion: 1, set: { status: 'running', provider: 'two' } }],
        events: [],
      });
      const counts = await Promise.all([
        store.sessions({ tag: 'old' }),
        store.sessions({ provider: 'one' }),
        store.sessions({ status: ['pending'] }),
        store.runs({ status: ['pending'] }),
        store.runs({ provider: 'one' }),
        store.sessions({ tag: 'new', status: ['active'] }),
        store.runs({ status: ['running'], provider: 'two' }),
      ]);
      assert.deepEqual(
        counts.map((page) => page.rows.length),
        [0, 0, 0, 0, 0, 1, 1],
      );
    },
  },
  {
    name: 'listings: rows that come while pages are read shift nothing',
    async run(room) {
      const store = await room.open();
      await addSessions(store);
      const first = await store.sessions({ limit: 5 });
      await addSession(store, 'newest', { createdAt: sampleTime + 1000 });
      const rest = await store.sessions({
        ...(first.nextCursor === undefined ? {} : { cursor: first.nextCursor }),
      });
      assert.equal(rest.rows.length, 7);
      assert.equal(new Set([...first.rows, ...rest.rows].map((row) => row.id)).size, 12);
    },
  },
  {
    name: 'listings: refuse cursors of others and bad limits',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      for (const name of ['r1', 'r2']) await addRun(store, id, name);
      const ofRuns = (await store.runs({ limit: 1 })).nextCursor;
      assert.ok(ofRuns !== undefined);
      for (const cursor of ['', 'x', '0', ofRuns, (await store.feed({})).cursor]) {
        await rejects(store.sessions({ cursor }), 'invalid_cursor', `cursor ${JSON.stringify(cursor)}`);
      }
      await rejects(store.runs({ cursor: 'x' }), 'invalid_cursor', 'cursor of runs');
      for (const limit of [0, 1001, 0.5]) {
        await rejects(store.sessions({ limit }), 'invalid_input', `limit ${limit}`);
        await rejects(store.runs({ limit }), 'invalid_input', `limit ${limit}`);
      }
    },
  },
  {
    name: 'queries: refuse filters that there are not, instead of letting everything pass',
    async run(room) {
      const store = await room.open();
      const id = await addSession(store, 'a');
      const misspelt = { limit: 5, sesionId: id, satus: ['active'] };
      const events = { sessionId: id, runid: runId('r') };
      const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['sessions', () => store.sessions(misspelt)],
        ['runs', () => store.runs(misspelt)],
        ['approvals', () => store.approvals(misspelt)],
        ['feed', () => store.feed(misspelt)],
        ['events', () => store.events(events)],
      ];
      for (const [what, ask] of asked) await rejects(ask(), 'unknown_option', what);
    },
  },
];
