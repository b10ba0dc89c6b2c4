import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { keyLifetime } from '../contract/change-fingerprint.ts';
import type { SessionEntry } from './session-table.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** What a change under a key did. Its events are numbered from `firstSeq` to `latestSeq`. */
export interface KeyedOutcome {
  readonly fingerprint: string;
  readonly firstSeq: number;
  readonly latestSeq: number;
}

/** How many keys that ran out are removed with each one that is added. */
const purgedAtOnce = 4;

/** The writer's side of the table `keys`. */
export class KeyTable {
  readonly #find: Query<
    readonly [fingerprint: string, firstSeq: number, latestSeq: number, createdAt: number]
  >;
  readonly #insert: StatementSync;
  readonly #oldest: Query<readonly [createdAt: number]>;
  readonly #purge: StatementSync;
  /** No key runs out before: saves a look at the table for each key. */
  #quietUntil = 0;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(
      database,
      'SELECT fingerprint, first_seq, latest_seq, created_at FROM keys WHERE session = ? AND key = ?',
    );
    this.#insert = database.prepare(
      'INSERT OR REPLACE INTO keys (session, key, fingerprint, first_seq, latest_seq, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#oldest = prepareQuery(database, 'SELECT created_at FROM keys ORDER BY number LIMIT 1');
    this.#purge = database.prepare(
      'DELETE FROM keys WHERE number IN (SELECT number FROM keys ORDER BY number LIMIT ?) AND created_at <= ?',
    );
  }

  /** What was done under the key, if it hasn't run out at `now`. */
  find(entry: SessionEntry, key: string, now: number): KeyedOutcome | undefined {
    const found = this.#find.get(entry.number, key);
    if (found === undefined) return undefined;
    const [fingerprint, firstSeq, latestSeq, createdAt] = found;
    return now - createdAt < keyLifetime ? { fingerprint, firstSeq, latestSeq } : undefined;
  }

  /** Remembers a key that `find` doesn't know, in place of one that ran out. */
  add(entry: SessionEntry, key: string, outcome: KeyedOutcome, now: number): void {
    const { fingerprint, firstSeq, latestSeq } = outcome;
    this.#insert.run(entry.number, key, fingerprint, firstSeq, latestSeq, now);
    if (now >= this.#quietUntil) this.#purgeSome(now);
  }

  #purgeSome(now: number): void {
    this.#purge.run(purgedAtOnce, now - keyLifetime);
    this.#quietUntil = (this.#oldest.get()?.[0] ?? now) + keyLifetime;
  }
}
