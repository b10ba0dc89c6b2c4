import type { DatabaseSync } from 'node:sqlite';

import type { Approval, ApprovalId } from '../../domain/approval.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type { ApprovalQuery, Lease, RowPage, RunQuery, SessionQuery } from '../../ports/session-store.ts';
import { encodeRowCursor, type RowCursor } from '../contract/page-cursor.ts';
import { readApprovalQuery, readRunQuery, readSessionQuery } from '../contract/query-validation.ts';
import { decodeRow } from '../contract/row-text.ts';
import { approvalListing, runListing, sessionListing, type Listing } from '../sql/row-listing.ts';
import { leaseOfRow, prepareLeaseQuery } from './lease-table.ts';
import { PreparedQueries, prepareQuery, type Query } from './sqlite-connection.ts';

/** Reads sessions, runs, approvals and leases on a connection that only reads. */
export class RowReader {
  readonly #prepared: PreparedQueries;
  readonly #session: Query<readonly [row: string]>;
  readonly #run: Query<readonly [row: string]>;
  readonly #approval: Query<readonly [row: string]>;
  readonly #lease: ReturnType<typeof prepareLeaseQuery>;

  constructor(database: DatabaseSync) {
    this.#prepared = new PreparedQueries(database);
    this.#session = prepareQuery(database, 'SELECT row FROM sessions WHERE id = ?');
    this.#run = prepareQuery(database, 'SELECT row FROM runs WHERE id = ?');
    this.#approval = prepareQuery(database, 'SELECT row FROM approvals WHERE id = ?');
    this.#lease = prepareLeaseQuery(database);
  }

  session(id: SessionId): Session | undefined {
    const found = this.#session.get(id);
    return found === undefined ? undefined : decodeRow<Session>(found[0]);
  }

  run(id: RunId): Run | undefined {
    const found = this.#run.get(id);
    return found === undefined ? undefined : decodeRow<Run>(found[0]);
  }

  approval(id: ApprovalId): Approval | undefined {
    const found = this.#approval.get(id);
    return found === undefined ? undefined : decodeRow<Approval>(found[0]);
  }

  lease(runId: RunId): Lease | undefined {
    return leaseOfRow(runId, this.#lease.get(runId));
  }

  sessions(query: SessionQuery): RowPage<Session> {
    const range = readSessionQuery(query);
    return this.#page<Session>(sessionListing(range), range.limit);
  }

  runs(query: RunQuery): RowPage<Run> {
    const range = readRunQuery(query);
    return this.#page<Run>(runListing(range), range.limit);
  }

  approvals(query: ApprovalQuery): RowPage<Approval> {
    const range = readApprovalQuery(query);
    return this.#page<Approval>(approvalListing(range), range.limit);
  }

  #page<Row extends RowCursor>({ sql, values }: Listing, limit: number): RowPage<Row> {
    const found = this.#prepared.get<readonly [row: string]>(sql).all(...values);
    const rows = Object.freeze(found.slice(0, limit).map(([text]) => decodeRow<Row>(text)));
    const last = rows.at(-1);
    if (found.length <= limit || last === undefined) return Object.freeze({ rows });
    return Object.freeze({ rows, nextCursor: encodeRowCursor(last) });
  }
}
