import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  addApproval,
  addRun,
  sampleApproval,
  sampleSession,
  sessionId,
} from '../../testing/store-contract/sample-rows.ts';
import { migrate } from './sqlite-migrator.ts';
import { applicationId, migrations } from './sqlite-schema.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-migrator-'));
  path = join(folder, 'sessions.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(): Disposable & { readonly database: DatabaseSync } {
  const database = new DatabaseSync(path);
  return { database, [Symbol.dispose]: () => database.close() };
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

test('a new file gets the newest schema, our mark and a write-ahead log', () => {
  using opened = open();
  migrate(opened.database, path);
  expect(pragma(opened.database, 'application_id')).toBe(applicationId);
  expect(pragma(opened.database, 'user_version')).toBe(migrations.length);
  expect(pragma(opened.database, 'journal_mode')).toBe('wal');
});

test('a second time nothing is written', () => {
  using opened = open();
  migrate(opened.database, path);
  using other = open();
  const before = pragma(other.database, 'data_version');
  migrate(opened.database, path);
  expect(pragma(other.database, 'data_version')).toBe(before);
});

test('every older version goes on to the newest, with what it holds', () => {
  const steps = [...migrations, 'CREATE TABLE later (id TEXT); INSERT INTO later SELECT id FROM sessions'];
  for (let version = 1; version < steps.length; version++) {
    path = join(folder, `version-${version}.db`);
    using opened = open();
    migrate(opened.database, path, steps.slice(0, version));
    opened.database.exec(
      `INSERT INTO sessions (id, status, created_at, row) VALUES ('ses_${version}', 'active', 1, '{}')`,
    );
    migrate(opened.database, path, steps);
    expect(opened.database.prepare('SELECT id FROM later').all()).toEqual([{ id: `ses_${version}` }]);
    expect(pragma(opened.database, 'user_version')).toBe(steps.length);
  }
});

test('a migration that fails leaves the file as it was', () => {
  using opened = open();
  migrate(opened.database, path);
  expect(() => migrate(opened.database, path, [...migrations, 'CREATE TABLE half (id); NONSENSE'])).toThrow(
    /syntax/,
  );
  expect(pragma(opened.database, 'user_version')).toBe(migrations.length);
  expect(opened.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
});

test('the second of two that migrate finds the work done', () => {
  using first = open();
  using second = open();
  first.database.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  expect(() => migrate(second.database, path)).toThrow(expect.objectContaining({ errcode: 5 }));
  first.database.exec('ROLLBACK');
  migrate(first.database, path);
  migrate(second.database, path);
  expect(pragma(second.database, 'user_version')).toBe(migrations.length);
});

test('a file from before there were approvals takes them, and keeps its rows and events', async () => {
  {
    using old = open();
    migrate(old.database, path, migrations.slice(0, 1));
    const row = JSON.stringify(sampleSession(sessionId('old'), { version: 3, title: 'kept' }));
    old.database.exec(`
      INSERT INTO sessions (id, status, created_at, row) VALUES ('ses_old', 'active', 1, '${row}');
      INSERT INTO logs (session, latest_seq, revision) VALUES (1, 1, 1);
      INSERT INTO events (session, seq, type, time, payload) VALUES (1, 1, 'session_created', 1, '{}');
    `);
  }
  await using store = await sqliteStore(path);
  const id = sessionId('old');
  expect(await store.approvals({ sessionId: id })).toEqual({ rows: [] });
  const run = await addRun(store, id, 'r');
  const approval = await addApproval(store, id, run, 'x');
  expect(await store.approval(approval)).toEqual(sampleApproval(approval, id, run));
  expect((await store.session(id))?.title).toBe('kept');
  expect((await store.events({ sessionId: id })).events).toMatchObject([{ seq: 1, type: 'session_created' }]);
});
