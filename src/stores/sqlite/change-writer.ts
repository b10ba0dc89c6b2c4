import type { DatabaseSync } from 'node:sqlite';

import type { Clock } from '../../domain/clock.ts';
import type { ApprovalId } from '../../domain/approval.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type { Change, Committed } from '../../ports/session-store.ts';
import { decideChange, keyReused } from '../contract/change-decision.ts';
import { ApprovalTable } from './approval-table.ts';
import { EventTable } from './event-table.ts';
import { KeyTable } from './key-table.ts';
import type { LeaseTable } from './lease-table.ts';
import { RunRangeTable } from './run-range-table.ts';
import { RunTable } from './run-table.ts';
import { SessionTable, type SessionEntry } from './session-table.ts';

/** Writes changes inside the transaction that its caller holds. */
export class ChangeWriter {
  readonly #clock: Clock;
  readonly #sessions: SessionTable;
  readonly #runs: RunTable;
  readonly #approvals: ApprovalTable;
  readonly #ranges: RunRangeTable;
  readonly #events: EventTable;
  readonly #keys: KeyTable;
  readonly #leases: LeaseTable;
  readonly #changed = new Map<SessionId, number>();

  constructor(database: DatabaseSync, leases: LeaseTable, clock: Clock) {
    this.#clock = clock;
    this.#leases = leases;
    this.#sessions = new SessionTable(database);
    this.#runs = new RunTable(database);
    this.#approvals = new ApprovalTable(database);
    this.#ranges = new RunRangeTable(database);
    this.#events = new EventTable(database);
    this.#keys = new KeyTable(database);
  }

  /**
   * Checks all of a valid change, then writes it. `fingerprint` is that of a change with a key. Throws
   * `AsmError` only before the first write.
   */
  write(change: Change, fingerprint: string | undefined): Committed {
    const { sessionId, key } = change;
    const found = this.#sessions.find(sessionId);
    const now = key === undefined ? 0 : this.#clock.now();
    if (found !== undefined && key !== undefined) {
      const replayed = this.#replay(found, key, fingerprint, now);
      if (replayed !== undefined) return replayed;
    }
    const decided = decideChange(change, {
      session: () => found?.row,
      run: (id: RunId) => this.#runs.find(id),
      approval: (id: ApprovalId) => this.#approvals.find(id),
      leaseToken: (id: RunId) => this.#leases.token(id),
      isLeaseFree: (request) => this.#leases.isFree(request),
    });

    const { session } = decided;
    let entry = found;
    if (session !== undefined) {
      if (entry === undefined) entry = this.#sessions.create(session);
      else this.#sessions.update(entry, session);
    }
    if (entry === undefined) throw new Error(`Session ${sessionId} was neither found nor made.`);
    for (const run of decided.runs) this.#runs.write(run);
    for (const approval of decided.approvals) this.#approvals.write(approval);
    const firstSeq = entry.latestSeq + 1;
    const latestSeq = entry.latestSeq + change.events.length;
    this.#ranges.note(entry, change.events, firstSeq, decided.runs);
    const events = this.#events.append(entry, change.events, firstSeq);
    this.#sessions.updateLog(entry, latestSeq);
    if (key !== undefined && fingerprint !== undefined) {
      this.#keys.add(entry, key, { fingerprint, firstSeq, latestSeq }, now);
    }
    // Both were decided above.
    if (change.lease?.release === true) this.#leases.giveBack(change.lease);
    const lease = change.takeLease === undefined ? undefined : this.#leases.grant(change.takeLease);
    this.#changed.set(sessionId, latestSeq);
    const { runs } = decided;
    return Object.freeze({
      events,
      latestSeq,
      replayed: false,
      runs,
      ...(lease === undefined ? {} : { lease }),
    });
  }

  /** The row of a session, if it is known without a look at the file. */
  knownSession(id: SessionId): Session | undefined {
    return this.#sessions.known(id);
  }

  /** The row of a run, if it is known without a look at the file. */
  knownRun(id: RunId): Run | undefined {
    return this.#runs.known(id);
  }

  /** The sessions that were written since the last call, and how far their logs go. */
  takeChanged(): readonly (readonly [SessionId, number])[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Forgets what was read and written: a rollback or another process has made it untrue. */
  forget(): void {
    this.#sessions.forget();
    this.#runs.forget();
    this.#leases.forget();
    this.#events.forget();
    this.#changed.clear();
  }

  #replay(
    entry: SessionEntry,
    key: string,
    fingerprint: string | undefined,
    now: number,
  ): Committed | undefined {
    const outcome = this.#keys.find(entry, key, now);
    if (outcome === undefined) return undefined;
    if (outcome.fingerprint !== fingerprint) throw keyReused(entry.row.id, key);
    const { firstSeq, latestSeq } = outcome;
    return Object.freeze({
      events: this.#events.range(entry, firstSeq, latestSeq),
      latestSeq,
      replayed: true,
      runs: [],
    });
  }
}
