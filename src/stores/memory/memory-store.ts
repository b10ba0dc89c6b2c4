import { systemClock, type Clock } from '../../domain/clock.ts';
import { isLasting, type Approval, type ApprovalId } from '../../domain/approval.ts';
import { AsmError, abortError } from '../../domain/error.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import { areOpenStatuses, isTerminalRun, type Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type {
  ApprovalQuery,
  CallOptions,
  Change,
  Committed,
  CommitOptions,
  EventPage,
  EventQuery,
  FeedPage,
  FeedQuery,
  Lease,
  Leases,
  RowPage,
  RunQuery,
  SessionQuery,
  SessionStore,
  StoreDescription,
  CommitListener,
  Unwatch,
} from '../../ports/session-store.ts';
import { decideChange, keyReused, sessionNotFound } from '../contract/change-decision.ts';
import { changeFingerprint } from '../contract/change-fingerprint.ts';
import { validateChange } from '../contract/change-validation.ts';
import { validateLeaseRequest, validateLeaseTime } from '../contract/lease-validation.ts';
import {
  readApprovalQuery,
  readEventQuery,
  readFeedQuery,
  readRunQuery,
  readSessionQuery,
} from '../contract/query-validation.ts';
import { createWatcherSet } from '../contract/watcher-set.ts';
import { CommitOrder } from './commit-order.ts';
import { EventLog } from './event-log.ts';
import { readEventPage, readFeedPage } from './event-page.ts';
import { KeyTable } from './key-table.ts';
import { LeaseTable } from './lease-table.ts';
import { RowTable } from './row-table.ts';

export interface MemoryStoreOptions {
  /** Decides when leases and idempotency keys run out. Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * A store that lives in this process and is gone with it, for tests and for work that need not
 * last. It holds about 100 bytes per event beside the payload. A fence whose lease ran out still
 * passes until another owner takes the run over. One call looks at no more than 10,000 events, so a
 * page with filters may hold few events or none while `hasMore` is true: go on from `scannedTo`.
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  return new MemoryStore(options.clock ?? systemClock);
}

class MemoryStore implements SessionStore {
  readonly leases: Leases;
  readonly #logs = new Map<SessionId, EventLog>();
  readonly #sessions = new RowTable<Session, SessionId>();
  readonly #runs = new RowTable<Run, RunId>();
  /** Those that have not ended, which are few however many have. */
  readonly #openRuns = new RowTable<Run, RunId>();
  readonly #approvals = new RowTable<Approval, ApprovalId>();
  readonly #order = new CommitOrder();
  readonly #keys: KeyTable;
  readonly #leaseTable: LeaseTable;
  readonly #watchers = createWatcherSet();
  #closed = false;

  constructor(clock: Clock) {
    this.#keys = new KeyTable(clock);
    this.#leaseTable = new LeaseTable(clock);
    this.leases = this.#openLeases();
  }

  describe(): StoreDescription {
    return { kind: 'memory', survives: { processCrash: false, powerLoss: false } };
  }

  /** Nothing in here waits, so nothing comes between the checks and the writes. */
  async commit(change: Change, { onWritten }: CommitOptions = {}): Promise<Committed> {
    const committed = this.#commit(change);
    onWritten?.(committed);
    return committed;
  }

  #commit(change: Change): Committed {
    this.#enter();
    validateChange(change);
    const { sessionId, key } = change;
    const fingerprint = key === undefined ? undefined : changeFingerprint(change);
    const earlier = key === undefined ? undefined : this.#keys.find(sessionId, key);
    if (earlier !== undefined && key !== undefined) {
      if (earlier.fingerprint !== fingerprint) throw keyReused(sessionId, key);
      return this.#outcome(sessionId, earlier.firstSeq, earlier.count, { replayed: true, runs: [] });
    }
    const rows = decideChange(change, {
      session: () => this.#sessions.get(sessionId),
      run: (id) => this.#runs.get(id),
      approval: (id) => this.#approvals.get(id),
      leaseToken: (id) => this.#leaseTable.current(id)?.token,
      isLeaseFree: (request) => this.#leaseTable.isFree(request),
    });

    if (rows.session !== undefined) this.#sessions.put(rows.session);
    for (const run of rows.runs) {
      this.#runs.put(run);
      if (isTerminalRun(run.status)) this.#openRuns.remove(run);
      else this.#openRuns.put(run);
    }
    for (const approval of rows.approvals) this.#approvals.put(approval);
    const log = this.#logs.get(sessionId) ?? new EventLog(sessionId);
    this.#logs.set(sessionId, log);
    const firstSeq = log.latestSeq + 1;
    for (const event of change.events) log.append(event, this.#order.add(log, log.latestSeq + 1));
    if (key !== undefined && fingerprint !== undefined) {
      this.#keys.add(sessionId, key, { fingerprint, firstSeq, count: change.events.length });
    }
    if (change.lease?.release === true) this.#leaseTable.release(change.lease);
    const lease = change.takeLease === undefined ? undefined : this.#leaseTable.acquire(change.takeLease);
    this.#watchers.wake(sessionId, log.latestSeq);
    return this.#outcome(sessionId, firstSeq, change.events.length, {
      replayed: false,
      runs: rows.runs,
      lease,
    });
  }

  async session(id: SessionId, options?: CallOptions): Promise<Session | undefined> {
    this.#enter(options);
    return this.#sessions.get(id);
  }

  async sessions(query: SessionQuery, options?: CallOptions): Promise<RowPage<Session>> {
    this.#enter(options);
    const { limit, after, status, provider, tag } = readSessionQuery(query);
    return this.#sessions.page(
      limit,
      after,
      (row) =>
        (status === undefined || status.has(row.status)) &&
        (provider === undefined || row.provider === provider) &&
        (tag === undefined || row.tags.includes(tag)),
    );
  }

  async run(id: RunId, options?: CallOptions): Promise<Run | undefined> {
    this.#enter(options);
    return this.#runs.get(id);
  }

  async runs(query: RunQuery, options?: CallOptions): Promise<RowPage<Run>> {
    this.#enter(options);
    const { limit, after, status, provider, sessionId } = readRunQuery(query);
    const runs = status !== undefined && areOpenStatuses(status) ? this.#openRuns : this.#runs;
    return runs.page(
      limit,
      after,
      (row) =>
        (status === undefined || status.has(row.status)) &&
        (provider === undefined || row.provider === provider) &&
        (sessionId === undefined || row.sessionId === sessionId),
    );
  }

  async approval(id: ApprovalId, options?: CallOptions): Promise<Approval | undefined> {
    this.#enter(options);
    return this.#approvals.get(id);
  }

  async approvals(query: ApprovalQuery, options?: CallOptions): Promise<RowPage<Approval>> {
    this.#enter(options);
    const { limit, after, status, sessionId, runId, lasting } = readApprovalQuery(query);
    return this.#approvals.page(
      limit,
      after,
      (row) =>
        (status === undefined || status.has(row.status)) &&
        (sessionId === undefined || row.sessionId === sessionId) &&
        (runId === undefined || row.runId === runId) &&
        (!lasting || isLasting(row)),
    );
  }

  async events(query: EventQuery, options?: CallOptions): Promise<EventPage> {
    this.#enter(options);
    const range = readEventQuery(query);
    return readEventPage(this.#log(query.sessionId), range);
  }

  async feed(query: FeedQuery, options?: CallOptions): Promise<FeedPage> {
    this.#enter(options);
    return readFeedPage(this.#order, readFeedQuery(query), query.after);
  }

  watch(sessionId: SessionId | undefined, listener: CommitListener): Unwatch {
    this.#enter();
    return this.#watchers.watch(sessionId, listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
  }

  #openLeases(): Leases {
    const table = this.#leaseTable;
    return {
      acquire: async (request, options) => {
        this.#enter(options);
        validateLeaseRequest(request);
        return table.acquire(request);
      },
      renew: async (lease, milliseconds, options) => {
        this.#enter(options);
        validateLeaseTime(milliseconds);
        return table.renew(lease, milliseconds);
      },
      release: async (lease) => {
        this.#enter();
        table.release(lease);
      },
      current: async (runId, options) => {
        this.#enter(options);
        return table.current(runId);
      },
    };
  }

  #outcome(
    sessionId: SessionId,
    firstSeq: number,
    count: number,
    facts: Pick<Committed, 'replayed' | 'runs'> & { readonly lease?: Lease | undefined },
  ): Committed {
    const events = this.#log(sessionId).slice(firstSeq, count);
    const latestSeq = firstSeq + count - 1;
    const { replayed, runs, lease } = facts;
    return Object.freeze({ events, latestSeq, replayed, runs, ...(lease === undefined ? {} : { lease }) });
  }

  #log(sessionId: SessionId): EventLog {
    const log = this.#logs.get(sessionId);
    if (log === undefined) throw sessionNotFound(sessionId);
    return log;
  }

  #enter(options?: CallOptions): void {
    if (this.#closed) throw new AsmError('store_closed', 'The store was used after it was closed.');
    if (options?.signal?.aborted === true) throw abortError(options.signal);
  }
}
