import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/domain/clock.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';

/** One place for data, gone with the room. */
export interface StorePlace extends AsyncDisposable {
  /** Opens the data; where the store can be shared, as often as one likes. */
  open(): Promise<SessionStore>;
}

export interface StoreKind {
  readonly name: string;
  place(clock?: Clock): StorePlace;
}

/** A folder for SQLite files, removed at the end. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'asm-manager-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A SQLite file that may be opened several times, as several processes would. */
export const sqlite: StoreKind = {
  name: 'sqlite',
  place(clock) {
    const folder = temporaryFolder();
    return {
      open: () =>
        sqliteStore(join(folder.path, 'sessions.db'), {
          durability: 'normal',
          ...(clock === undefined ? {} : { clock }),
        }),
      [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
    };
  },
};

/** A store that lives in this process. */
export const memory: StoreKind = {
  name: 'memory',
  place(clock) {
    const store = memoryStore(clock === undefined ? {} : { clock });
    return { open: async () => store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
  },
};

export const storeKinds: readonly StoreKind[] = [memory, sqlite];
