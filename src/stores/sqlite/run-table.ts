import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { RunId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import { decodeRow, encodeRow } from '../contract/row-text.ts';
import { columnText } from '../sql/column-text.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** Rows that are kept in memory at most, and the longest text of one. */
const largestCache = 512;
const longestKept = 16_384;

/** The writer's side of the table `runs`. */
export class RunTable {
  /** Those last read or written; right as long as no other process commits and nothing is rolled back. */
  readonly #recent = new Map<RunId, Run>();
  readonly #find: Query<readonly [row: string]>;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(database, 'SELECT row FROM runs WHERE id = ?');
    this.#insert = database.prepare(
      'INSERT INTO runs (id, session_id, status, provider, created_at, row) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#update = database.prepare('UPDATE runs SET status = ?, provider = ?, row = ? WHERE id = ?');
  }

  find(id: RunId): Run | undefined {
    const known = this.#recent.get(id);
    if (known !== undefined) return known;
    const found = this.#find.get(id);
    return found === undefined ? undefined : this.#keep(decodeRow<Run>(found[0]), found[0]);
  }

  /** The row, if it is known without a look at the file. */
  known(id: RunId): Run | undefined {
    return this.#recent.get(id);
  }

  /** Writes a row that was decided on: a new one, or the next version of one. */
  write(row: Run): void {
    const { id, sessionId, status, createdAt } = row;
    const text = encodeRow(row);
    const provider = columnText(row.provider);
    if (row.version === 1) this.#insert.run(id, sessionId, status, provider, createdAt, text);
    else this.#update.run(status, provider, text, id);
    this.#keep(row, text);
  }

  /** Forgets what was read and written: it may no longer be so. */
  forget(): void {
    this.#recent.clear();
  }

  #keep(row: Run, text: string): Run {
    this.#recent.delete(row.id);
    if (text.length > longestKept) return row;
    if (this.#recent.size >= largestCache) {
      for (const oldest of this.#recent.keys()) {
        this.#recent.delete(oldest);
        break;
      }
    }
    this.#recent.set(row.id, row);
    return row;
  }
}
