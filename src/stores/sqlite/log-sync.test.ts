import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addSession, sampleEvent } from '../../testing/store-contract/sample-rows.ts';
import { sqliteStore } from './sqlite-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-log-sync-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is written is made durable also where a link leads to the file', async () => {
  writeFileSync(join(folder, 'sessions.db'), '');
  symlinkSync(join(folder, 'sessions.db'), join(folder, 'link.db'));
  await using store = await sqliteStore(join(folder, 'link.db'));
  const sessionId = await addSession(store, 'one');
  const written: number[] = [];
  const change = { sessionId, events: [sampleEvent('a')] };
  const { latestSeq } = await store.commit(change, { onWritten: (done) => written.push(done.latestSeq) });
  expect(written).toEqual([latestSeq]);
});

test('what is written is made durable also after the link has come to lead elsewhere', async () => {
  mkdirSync(join(folder, 'first'));
  mkdirSync(join(folder, 'second'));
  symlinkSync(join(folder, 'first'), join(folder, 'current'));
  await using store = await sqliteStore(join(folder, 'current', 'sessions.db'));
  const sessionId = await addSession(store, 'one');
  rmSync(join(folder, 'current'));
  symlinkSync(join(folder, 'second'), join(folder, 'current'));
  let written = 0;
  await store.commit({ sessionId, events: [sampleEvent('a')] }, { onWritten: () => void written++ });
  expect(written).toBe(1);
});
