import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { RunId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import { decodeRow, encodeRow } from '../contract/row-text.ts';
import { columnText } from '../sql/column-text.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** The writer's side of the table `runs`. */
export class RunTable {
  readonly #find: Query<readonly [row: string]>;
  readonly #upsert: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(database, 'SELECT row FROM runs WHERE id = ?');
    this.#upsert = database.prepare(`
      INSERT INTO runs (id, session_id, status, provider, created_at, row) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET status = excluded.status, provider = excluded.provider, row = excluded.row
    `);
  }

  find(id: RunId): Run | undefined {
    const found = this.#find.get(id);
    return found === undefined ? undefined : decodeRow<Run>(found[0]);
  }

  /** Writes a row that was decided on: a new one, or the next version of one. */
  write(row: Run): void {
    const { id, sessionId, status, createdAt } = row;
    this.#upsert.run(id, sessionId, status, columnText(row.provider), createdAt, encodeRow(row));
  }
}
