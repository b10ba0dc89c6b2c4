import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { SessionStore } from '../../ports/session-store.ts';
import { addSession, runId, sampleEvent, sampleRun } from '../../testing/store-contract/sample-rows.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';
let store: SessionStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'asm-event-reader-'));
  path = join(folder, 'sessions.db');
  store = await sqliteStore(path);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test('a log whose beginning was removed says so to those who would have begun there', async () => {
  const sessionId = await addSession(store, 'one');
  await store.commit({ sessionId, events: Array.from({ length: 19 }, () => sampleEvent('x')) });
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM events WHERE seq < 11; UPDATE logs SET pruned_before = 11');
  database.close();

  const beginning = await store.events({ sessionId, limit: 5 });
  expect(beginning.events.map(({ seq }) => seq)).toEqual([11, 12, 13, 14, 15]);
  expect(beginning).toMatchObject({ pruned: { before: 11 }, scannedTo: 15, hasMore: true, latestSeq: 20 });
  expect(await store.events({ sessionId, after: 10 })).not.toHaveProperty('pruned');
  const backwards = await store.events({ sessionId, order: 'descending' });
  expect(backwards.events.at(-1)?.seq).toBe(11);
  expect(backwards.hasMore).toBe(false);
  expect(await store.events({ sessionId, order: 'descending', before: 5 })).toMatchObject({
    events: [],
    pruned: { before: 11 },
    hasMore: false,
  });
});

test('a rare event in a long log is found, and the event loop turns meanwhile', async () => {
  const sessionId = await addSession(store, 'long');
  const rare = runId('rare');
  const filler = Array.from({ length: 5000 }, () => sampleEvent('x'));
  await store.commit({
    sessionId,
    events: [...filler, sampleEvent('rare', { type: 'warning_raised', runId: rare })],
  });
  await store.commit({ sessionId, events: filler });

  let turns = 0;
  let isSearching = true;
  const turn = (): void => {
    turns++;
    if (isSearching) setImmediate(turn);
  };
  setImmediate(turn);
  const page = await store.events({ sessionId, types: ['warning_raised'] });
  isSearching = false;
  expect(page.events.map(({ seq }) => seq)).toEqual([5002]);
  expect(page).toMatchObject({ hasMore: false, scannedTo: 10_002 });
  expect(turns).toBeGreaterThan(2);

  const stop = new AbortController();
  const searching = store.events({ sessionId, types: ['plan_updated'] }, { signal: stop.signal });
  setImmediate(() => stop.abort());
  await expect(searching).rejects.toMatchObject({ code: 'cancelled' });
});

test('the events of a run are found within their range, also those after its end', async () => {
  const sessionId = await addSession(store, 'runs');
  const id = runId('one');
  const own = (text: string): ReturnType<typeof sampleEvent> => sampleEvent(text, { runId: id });
  await store.commit({ sessionId, runs: [{ create: sampleRun(id, sessionId) }], events: [own('a')] });
  await store.commit({ sessionId, events: [sampleEvent('other')] });
  const ended = { id, expectedVersion: 1, set: { status: 'cancelled' as const } };
  await store.commit({ sessionId, runs: [ended], events: [own('b')] });
  expect((await store.events({ sessionId, runId: id })).events.map(({ seq }) => seq)).toEqual([2, 4]);
  await store.commit({ sessionId, events: [sampleEvent('other'), own('late'), sampleEvent('other')] });
  await store[Symbol.asyncDispose]();
  store = await sqliteStore(path);
  await store.commit({ sessionId, events: [own('later')] });
  const page = await store.events({ sessionId, runId: id, order: 'descending' });
  expect(page.events.map(({ seq }) => seq)).toEqual([8, 6, 4, 2]);
  expect((await store.events({ sessionId, runId: runId('unknown') })).events).toEqual([]);
});

test('tags and providers with lone surrogates or NUL are told apart', async () => {
  const tags = ['\ud800', '\ud801', '\ufffd', 'a\0', 'a'];
  for (const [index, tag] of tags.entries())
    await addSession(store, `s${index}`, { tags: [tag], provider: tag });
  for (const [index, tag] of tags.entries()) {
    for (const query of [{ tag }, { provider: tag }]) {
      expect((await store.sessions(query)).rows.map(({ id }) => id)).toEqual([`ses_s${index}`]);
    }
  }
});
