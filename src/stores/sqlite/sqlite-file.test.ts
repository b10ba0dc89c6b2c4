import type { SqliteStoreOptions } from './sqlite-options.ts';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { addSession } from '../../testing/store-contract/sample-rows.ts';
import { migrations } from './sqlite-schema.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** Makes a store with a session of some pages and closes it. */
async function makeStore(path: string): Promise<void> {
  await using store = await sqliteStore(path);
  const sessionId = await addSession(store, 'one');
  for (let index = 0; index < 20; index++) {
    const payload = JSON.stringify({ messageId: 'm', text: 'x'.repeat(2000) });
    await store.commit({ sessionId, events: [{ type: 'message_streamed', time: 1, payload }] });
  }
}

test('the file, what stands beside it and the folders it needs are private', async () => {
  const path = join(folder, 'state', 'deep', 'sessions.db');
  await using store = await sqliteStore(path);
  await addSession(store, 'one');
  expect(modeOf(join(folder, 'state'))).toBe(0o700);
  expect(modeOf(join(folder, 'state', 'deep'))).toBe(0o700);
  for (const suffix of ['', '-wal', '-shm']) expect(modeOf(path + suffix)).toBe(0o600);
});

test('closing leaves one file, without a log beside it', async () => {
  const path = join(folder, 'sessions.db');
  await makeStore(path);
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
  expect(statSync(`${path}-shm`, { throwIfNoEntry: false })).toBeUndefined();
});

test('memory is told where to go', async () => {
  await expect(sqliteStore(':memory:')).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('memoryStore'),
  });
});

test('a path that starts like an address is a path', async () => {
  const store = await sqliteStore(join(folder, 'file:x?mode=memory.db'));
  await store[Symbol.asyncDispose]();
  expect(statSync(join(folder, 'file:x?mode=memory.db')).isFile()).toBe(true);
});

test.each(['', 'a\0b'])('the path %j is refused', async (path) => {
  await expect(sqliteStore(path)).rejects.toMatchObject({ code: 'invalid_input' });
});

test('an option that nothing reads is refused with the one that was meant', async () => {
  const options: SqliteStoreOptions = { ...JSON.parse('{"durabilty": "normal"}') };
  await expect(sqliteStore(join(folder, 'a.db'), options)).rejects.toMatchObject({
    code: 'unknown_option',
    message: expect.stringContaining('Did you mean "durability"?'),
  });
});

test('it says what survives', async () => {
  await using full = await sqliteStore(join(folder, 'full.db'));
  await using normal = await sqliteStore(join(folder, 'normal.db'), { durability: 'normal' });
  expect(full.describe()).toEqual({
    kind: 'sqlite',
    location: join(folder, 'full.db'),
    survives: { processCrash: true, powerLoss: true },
  });
  expect(normal.describe().survives).toEqual({ processCrash: true, powerLoss: false });
});

test('a folder is no store', async () => {
  await expect(sqliteStore(folder)).rejects.toMatchObject({ code: 'storage_invalid' });
});

test('a file as a part of the path is no folder', async () => {
  writeFileSync(join(folder, 'plain'), '');
  await expect(sqliteStore(join(folder, 'plain', 'a.db'))).rejects.toMatchObject({ code: 'storage_invalid' });
});

test('a file that is no database is refused and left as it was', async () => {
  const path = join(folder, 'notes.txt');
  const text = 'Nothing of a database in here.\n'.repeat(200);
  writeFileSync(path, text);
  await expect(sqliteStore(path)).rejects.toMatchObject({
    code: 'storage_invalid',
    message: expect.stringContaining('not a SQLite database'),
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test("another program's database is refused and left as it was", async () => {
  const path = join(folder, 'other.db');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE accounts (name TEXT)');
  other.close();
  const before = readFileSync(path);
  await expect(sqliteStore(path)).rejects.toMatchObject({
    code: 'storage_invalid',
    message: expect.stringContaining('another program'),
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('an empty file becomes a store', async () => {
  const path = join(folder, 'empty.db');
  writeFileSync(path, '');
  await makeStore(path);
});

test('a store of a newer version is refused and left as it was', async () => {
  const path = join(folder, 'newer.db');
  await makeStore(path);
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${migrations.length + 1}`);
  database.close();
  await expect(sqliteStore(path)).rejects.toMatchObject({
    code: 'storage_newer_schema',
    details: { found: migrations.length + 1, newest: migrations.length },
  });
});

test('a damaged file is told from a sound one, when it is opened or read', async () => {
  const sound = join(folder, 'sound.db');
  await makeStore(sound);
  const bytes = readFileSync(sound);

  const torn = join(folder, 'torn.db');
  copyFileSync(sound, torn);
  truncateSync(torn, 4096 * 3);
  await expect(readAll(torn)).rejects.toMatchObject({ code: 'storage_invalid' });

  // All pages but the first, which opening needs, are garbage.
  const scribbled = join(folder, 'scribbled.db');
  writeFileSync(scribbled, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]));
  await expect(readAll(scribbled)).rejects.toMatchObject({
    code: 'storage_invalid',
    message: expect.stringContaining('.recover'),
  });
});

async function readAll(path: string): Promise<void> {
  await using store = await sqliteStore(path);
  const { rows } = await store.sessions({});
  for (const { id } of rows) await store.events({ sessionId: id, limit: 1000 });
  await store.feed({ limit: 1000 });
}

test('a file that is made while another opens it has one owner of the schema', async () => {
  mkdirSync(join(folder, 'race'));
  const path = join(folder, 'race', 'sessions.db');
  const stores = await Promise.all(Array.from({ length: 8 }, () => sqliteStore(path)));
  await Promise.all(stores.map((store, index) => addSession(store, `s${index}`)));
  for (const store of stores) expect((await store.sessions({})).rows).toHaveLength(8);
  await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
});
