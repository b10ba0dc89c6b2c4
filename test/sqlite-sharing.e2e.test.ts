import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { once } from 'node:events';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { brandId } from '../src/domain/id.ts';
import type { SessionStore } from '../src/ports/session-store.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { addSession, sampleEvent } from '../src/testing/store-contract/sample-rows.ts';
import { startStoreChild } from './sqlite/store-child.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-sharing-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The texts of a session's events, in order, after a check that their numbers have no gap. */
async function textsOf(store: SessionStore, session: string): Promise<string[]> {
  const sessionId = brandId('session', session);
  const texts: string[] = [];
  for (let after = 0; ;) {
    const page = await store.events({ sessionId, after, limit: 1000 });
    for (const event of page.events) {
      expect(event.seq).toBe(texts.length + 1);
      texts.push(JSON.parse(event.payload).text);
    }
    after = page.scannedTo;
    if (!page.hasMore) return texts;
  }
}

test('four processes write to one file: no gap, nothing twice, nobody starves', async () => {
  const path = join(folder, 'four.db');
  const names = ['a', 'b', 'c', 'd'];
  const count = 60;
  await using store = await sqliteStore(path);
  await using children = new AsyncDisposableStack();
  const writers = names.map(() => children.use(startStoreChild('./sharing-writer.ts')));
  await Promise.all(writers.map((writer) => writer.ask({ order: 'open', path })));
  await addSession(store, 'shared');
  await Promise.all(
    writers.map((writer, index) => writer.ask({ order: 'create', session: `ses_${names[index]}` })),
  );
  await Promise.all(
    writers.map((writer, index) => {
      const name = names[index];
      return writer.ask({ order: 'write', sessions: ['ses_shared', `ses_${name}`], count, name });
    }),
  );

  const shared = (await textsOf(store, 'ses_shared')).slice(1);
  expect(shared).toHaveLength(names.length * count);
  for (const name of names) {
    const written = Array.from({ length: count }, (_, index) => `${name} ${index}`);
    expect(shared.filter((text) => text.startsWith(name))).toEqual(written);
    expect((await textsOf(store, `ses_${name}`)).slice(1)).toEqual(written);
  }
  // When the first of them was through, each of the others had written too.
  const through = Math.min(...names.map((name) => shared.indexOf(`${name} ${count - 1}`)));
  const writing = new Set(shared.slice(0, through + 1).map((text) => text.charAt(0)));
  expect([...writing].toSorted()).toEqual(names);
  await Promise.all(writers.map((writer) => writer.ask({ order: 'close' })));
});

test('two processes that open fresh files at once make one store each time', async () => {
  await using first = startStoreChild('./sharing-writer.ts');
  await using second = startStoreChild('./sharing-writer.ts');
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `fresh-${round}.db`);
    const orders = [{ order: 'open', path }, { order: 'create', session: 'ses_' }, { order: 'close' }];
    const work = async (child: typeof first, name: string): Promise<void> => {
      for (const order of orders)
        await child.ask('session' in order ? { ...order, session: `ses_${name}` } : order);
    };
    await Promise.all([work(first, 'one'), work(second, 'two')]);
    await using store = await sqliteStore(path);
    const { rows } = await store.sessions({});
    expect(rows.map((row) => row.id).toSorted()).toEqual(['ses_one', 'ses_two']);
  }
});

test("another process's commit wakes who watches its session, and nobody else", async () => {
  const path = join(folder, 'watched.db');
  await using store = await sqliteStore(path);
  const watched = await addSession(store, 'watched');
  const other = await addSession(store, 'other');
  await using writer = startStoreChild('./sharing-writer.ts');
  await writer.ask({ order: 'open', path });

  let othersWakes = 0;
  const unwatchOther = store.watch(other, () => othersWakes++);
  const woken = new Promise<number>((resolve) => {
    store.watch(watched, () => {
      void store.events({ sessionId: watched }).then((page) => resolve(page.latestSeq));
    });
  });
  await writer.ask({ order: 'write', sessions: [watched], count: 1, name: 'w' });
  expect(await woken).toBe(2);
  expect(othersWakes).toBe(0);
  unwatchOther();
});

test('a lock that another process keeps ends a commit with a typed error, and reads go on', async () => {
  const path = join(folder, 'locked.db');
  await using store = await sqliteStore(path, { busyDeadline: 150 });
  const sessionId = await addSession(store, 'one');
  await using holder = startStoreChild('./lock-holder.ts');
  await holder.ask({ path });

  await expect(store.commit({ sessionId, events: [sampleEvent('late')] })).rejects.toMatchObject({
    code: 'storage_busy',
    recovery: 'wait_and_retry',
  });
  // Opening what is there already, and closing it, needs no lock.
  const reading = await sqliteStore(path, { busyDeadline: 0 });
  expect(await reading.session(sessionId)).toMatchObject({ id: sessionId });
  await reading[Symbol.asyncDispose]();
  expect((await store.events({ sessionId })).latestSeq).toBe(1);

  const waiting = sqliteStore(path).then(async (patient) => {
    await using opened = patient;
    return opened.commit({ sessionId, events: [sampleEvent('patient')] });
  });
  holder.process.kill('SIGKILL');
  await once(holder.process, 'exit');
  expect((await waiting).latestSeq).toBe(2);
  expect((await store.commit({ sessionId, events: [sampleEvent('again')] })).latestSeq).toBe(3);
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
  database.close();
});
