import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, it } from 'vitest';

import { testSessionStore, testSessionStoreModel } from '../../testing/store-contract/test-session-store.ts';
import { sqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'asm-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

testSessionStore('sqlite', ({ name, clock }) => sqliteStore(join(folder, `${name}.db`), { clock }), {
  describe,
  it,
  abilities: ['clock', 'persistence', 'sharing'],
});
testSessionStoreModel('sqlite', ({ name, clock }) => sqliteStore(join(folder, `${name}.db`), { clock }), {
  describe,
  it,
});
