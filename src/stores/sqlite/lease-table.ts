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

/** The writer's side of the table `leases`. A row outlives its lease, so that tokens never repeat. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #find: Query<LeaseRow>;
  readonly #upsert: StatementSync;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#clock = clock;
    this.#find = prepareLeaseQuery(database);
    this.#upsert = database.prepare(
      'INSERT OR REPLACE INTO leases (run, token, owner, expires_at) VALUES (?, ?, ?, ?)',
    );
  }

  /** The newest token, unless it was given back. */
  token(runId: RunId): number | undefined {
    return leaseOfRow(runId, this.#find.get(runId))?.token;
  }

  /** False while another owner's lease runs. */
  isFree({ runId, owner }: LeaseRequest): boolean {
    const held = leaseOfRow(runId, this.#find.get(runId));
    return held === undefined || held.owner === owner || held.expiresAt <= this.#clock.now();
  }

  /** `undefined` while another owner's lease runs. */
  acquire(request: LeaseRequest): Lease | undefined {
    return this.isFree(request) ? this.grant(request) : undefined;
  }

  /** Takes a lease that is known to be free. */
  grant(request: LeaseRequest): Lease {
    const { runId, owner, milliseconds } = request;
    const token = (this.#find.get(runId)?.[0] ?? 0) + 1;
    return this.#put({ runId, token, owner, expiresAt: this.#clock.now() + milliseconds });
  }

  /** Throws `lease_lost` unless the lease is the newest and was not given back; it may have run out. */
  renew(lease: Lease, milliseconds: number): Lease {
    const held = leaseOfRow(lease.runId, this.#find.get(lease.runId));
    if (held?.token !== lease.token) throw leaseLost(lease.runId, lease.token);
    return this.#put({ ...held, expiresAt: this.#clock.now() + milliseconds });
  }

  /** Does nothing if the lease is no longer the newest. */
  release(lease: Pick<Lease, 'runId' | 'token'>): void {
    if (this.token(lease.runId) === lease.token) this.giveBack(lease);
  }

  /** Gives back a lease that is known to be the newest. */
  giveBack({ runId, token }: Pick<Lease, 'runId' | 'token'>): void {
    this.#upsert.run(runId, token, null, 0);
  }

  #put(lease: Lease): Lease {
    this.#upsert.run(lease.runId, lease.token, lease.owner, lease.expiresAt);
    return Object.freeze(lease);
  }
}
