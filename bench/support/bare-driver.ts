import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { NewEvent } from '../../src/domain/stored-event.ts';

/**
 * What any store on SQLite can reach at most: `node:sqlite` with one table, prepared statements and the
 * durability of our default (WAL, `synchronous = FULL`). It checks nothing and tells nobody.
 */
export class BareDriver implements Disposable {
  readonly #database: DatabaseSync;
  readonly #sequences = new Map<string, number>();
  readonly #begin: StatementSync;
  readonly #insert: StatementSync;
  readonly #commit: StatementSync;
  readonly #page: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE events (session_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL,
        run_id TEXT, attempt INTEGER, provider TEXT, payload TEXT NOT NULL, PRIMARY KEY (session_id, seq))`);
    this.#begin = this.#database.prepare('BEGIN IMMEDIATE');
    this.#insert = this.#database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#commit = this.#database.prepare('COMMIT');
    this.#page = this.#database.prepare(
      'SELECT seq, type, time, run_id, attempt, provider, payload FROM events WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT 100',
    );
  }

  /** One transaction with one event for each name; a name may come more than once. */
  append(names: readonly string[], next: () => NewEvent): void {
    this.#begin.run();
    for (const name of names) {
      const seq = (this.#sequences.get(name) ?? 0) + 1;
      this.#sequences.set(name, seq);
      const { type, time, payload, runId, attempt, provider } = next();
      this.#insert.run(name, seq, type, time, runId ?? null, attempt ?? null, provider ?? null, payload);
    }
    this.#commit.run();
  }

  /** Reads 100 events after the cursor and parses them. Gives how many there were. */
  page(name: string, after: number): number {
    const rows = this.#page.all(name, after);
    for (const row of rows) JSON.parse(String(row['payload']));
    return rows.length;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
