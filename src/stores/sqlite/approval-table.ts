import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { isLasting, type Approval, type ApprovalId } from '../../domain/approval.ts';
import { decodeRow, encodeRow } from '../contract/row-text.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** The writer's side of the table `approvals`. */
export class ApprovalTable {
  readonly #find: Query<readonly [row: string]>;
  readonly #upsert: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(database, 'SELECT row FROM approvals WHERE id = ?');
    this.#upsert = database.prepare(`
      INSERT INTO approvals (id, session_id, run_id, status, lasting, created_at, row) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET status = excluded.status, lasting = excluded.lasting, row = excluded.row
    `);
  }

  find(id: ApprovalId): Approval | undefined {
    const found = this.#find.get(id);
    return found === undefined ? undefined : decodeRow<Approval>(found[0]);
  }

  /** Writes a row that was decided on: a new one, or the next version of one. */
  write(row: Approval): void {
    const { id, sessionId, runId, status, createdAt } = row;
    this.#upsert.run(id, sessionId, runId, status, isLasting(row) ? 1 : 0, createdAt, encodeRow(row));
  }
}
