import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

import type { Durability } from './sqlite-options.ts';

/** A prepared query whose rows are arrays, in the order of its columns. */
export interface Query<Row extends readonly unknown[]> {
  all(...values: readonly SQLInputValue[]): readonly Row[];
  get(...values: readonly SQLInputValue[]): Row | undefined;
}

/** Opens the file for the one writer of a store. Another's lock is an error at once, never a wait. */
export function openWriter(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: 0 });
}

/** Opens the file for reading, beside a writer. Never sees what isn't committed. */
export function openReader(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0, readOnly: true });
  database.exec('PRAGMA cache_size = -16000');
  return database;
}

/** Sets what is not kept in the file. The write-ahead log is cut back to 64 MiB after a burst. */
export function configureWriter(database: DatabaseSync, durability: Durability): void {
  database.exec(`
    PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'};
    PRAGMA cache_size = -16000;
    PRAGMA journal_size_limit = 67108864;
  `);
}

/** Queries with other filters each time are kept up to this many. */
const mostPrepared = 64;

/** Prepares queries of one database whose SQL is made for each: the ones that were used last are kept. */
export class PreparedQueries {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Query<readonly unknown[]>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** As `prepareQuery`. */
  get<Row extends readonly unknown[]>(sql: string): Query<Row> {
    const query = this.#prepared.get(sql) ?? prepareQuery(this.#database, sql);
    this.#prepared.delete(sql);
    this.#prepared.set(sql, query);
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > mostPrepared && oldest !== undefined) this.#prepared.delete(oldest);
    return query as Query<Row>;
  }
}

/** Prepares a query. `Row` is the caller's word about its own SQL: nothing checks it. */
export function prepareQuery<Row extends readonly unknown[]>(
  database: DatabaseSync,
  sql: string,
): Query<Row> {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement as StatementSync & Query<Row>;
}
