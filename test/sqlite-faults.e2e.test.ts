import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { addSession } from '../src/testing/store-contract/sample-rows.ts';
import { onSmallDisk } from './sqlite/small-disk.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./sqlite/limited-store.ts', import.meta.url));

/** What the program says that it met. */
interface Met {
  readonly code: string;
  readonly acknowledged: number;
  readonly whileFull: number;
  readonly after: number | string;
  readonly reopened: number;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('on a full disk commits fail, nothing acknowledged is lost, and with new space it goes on', async () => {
  const place = join(folder, 'small');
  mkdirSync(place);
  const { disk, met } = await onSmallDisk<Met>(place, {
    ...{ program, given: ['full'], size: '2m' },
    // A limit to the size of files.
    otherwise: 'ulimit -f 1536',
  });
  expect(met.acknowledged).toBeGreaterThan(10);
  expect(met.whileFull).toBe(met.acknowledged);
  if (disk === 'mount') {
    expect(met).toMatchObject({ code: 'storage_full', again: 'storage_full', version: 1 });
    expect(met.after).toBe(met.acknowledged + 1);
    expect(met.reopened).toBe(met.acknowledged + 1);
  } else {
    expect(met.code).toMatch(/^storage_(full|unavailable)$/);
    expect(met.reopened).toBeGreaterThanOrEqual(met.acknowledged);
  }
});

test('a file that may only be read is refused when it is opened', async () => {
  const place = join(folder, 'readable');
  mkdirSync(place);
  const path = join(place, 'sessions.db');
  const store = await sqliteStore(path);
  await addSession(store, 'one');
  await store[Symbol.asyncDispose]();
  chmodSync(folder, 0o755);
  chmodSync(path, 0o444);
  const { stdout } = await run(process.execPath, [program, 'readonly', path]);
  expect(JSON.parse(stdout)).toEqual({ code: 'storage_read_only' });
});
