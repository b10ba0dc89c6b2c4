import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { Clock } from '../../domain/clock.ts';
import type { RunId } from '../../domain/id.ts';
import type { Lease, LeaseRequest } from '../../ports/session-store.ts';
import { leaseLost } from '../contract/change-decision.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

type LeaseRow = readonly [token: number, owner: string | null, expiresAt: number];

/** Prepares the query for the lease of a run; one without an owner was given back. */
export function prepareLeaseQuery(database: DatabaseSync): Query<LeaseRow> {
  return prepareQuery(database, 'SELECT token, owner, expires_at FROM leases WHERE run = ?');
}

/** The lease of a row of that query. */
export function leaseOfRow(runId: RunId, row: LeaseRow | undefined): Lease | undefined {
  if (row === undefined) return undefined;
  const [token, owner, expiresAt] = row;
  return owner === null ? undefined : Object.freeze({ runId, token, owner, expiresAt });
}

/** Leases that are kept in memory at most. */
const largestCache = 512;

/** The writer's side of the table `leases`. A row outlives its lease, so that tokens never repeat. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #query: Query<LeaseRow>;
  /** Rows, and their absence; right as long as no other process commits and nothing is rolled back. */
  readonly #recent = new Map<RunId, LeaseRow | undefined>();
  readonly #upsert: StatementSync;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#clock = clock;
    this.#query = prepareLeaseQuery(database);
    this.#upsert = database.prepare(
      'INSERT OR REPLACE INTO leases (run, token, owner, expires_at) VALUES (?, ?, ?, ?)',
    );
  }

  /** The newest token, unless it was given back. */
  token(runId: RunId): number | undefined {
    return leaseOfRow(runId, this.#find(runId))?.token;
  }

  /** False while another owner's lease runs. */
  isFree({ runId, owner }: LeaseRequest): boolean {
    const held = leaseOfRow(runId, this.#find(runId));
    return held === undefined || held.owner === owner || held.expiresAt <= this.#clock.now();
  }

  /** `undefined` while another owner's lease runs. */
  acquire(request: LeaseRequest): Lease | undefined {
    return this.isFree(request) ? this.grant(request) : undefined;
  }

  /** Takes a lease that is known to be free. */
  grant(request: LeaseRequest): Lease {
    const { runId, owner, milliseconds } = request;
    const token = (this.#find(runId)?.[0] ?? 0) + 1;
    return this.#put({ runId, token, owner, expiresAt: this.#clock.now() + milliseconds });
  }

  /** Throws `lease_lost` unless the lease is the newest and was not given back; it may have run out. */
  renew(lease: Lease, milliseconds: number): Lease {
    const held = leaseOfRow(lease.runId, this.#find(lease.runId));
    if (held?.token !== lease.token) throw leaseLost(lease.runId, lease.token);
    return this.#put({ ...held, expiresAt: this.#clock.now() + milliseconds });
  }

  /** Does nothing if the lease is no longer the newest. */
  release(lease: Pick<Lease, 'runId' | 'token'>): void {
    if (this.token(lease.runId) === lease.token) this.giveBack(lease);
  }

  /** Gives back a lease that is known to be the newest. */
  giveBack({ runId, token }: Pick<Lease, 'runId' | 'token'>): void {
    this.#write(runId, [token, null, 0]);
  }

  /** Forgets what was read and written: it may no longer be so. */
  forget(): void {
    this.#recent.clear();
  }

  #find(runId: RunId): LeaseRow | undefined {
    if (this.#recent.has(runId)) return this.#recent.get(runId);
    const found = this.#query.get(runId);
    this.#keep(runId, found);
    return found;
  }

  #write(runId: RunId, row: LeaseRow): void {
    this.#upsert.run(runId, ...row);
    this.#keep(runId, row);
  }

  #keep(runId: RunId, row: LeaseRow | undefined): void {
    if (this.#recent.size >= largestCache) this.#recent.clear();
    this.#recent.set(runId, row);
  }

  #put(lease: Lease): Lease {
    this.#write(lease.runId, [lease.token, lease.owner, lease.expiresAt]);
    return Object.freeze(lease);
  }
}
