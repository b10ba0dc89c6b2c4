import type { Approval, ApprovalId, ApprovalStatus } from '../domain/approval.ts';
import type { EventType } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { Run, RunStatus } from '../domain/run.ts';
import type { Session, SessionStatus } from '../domain/session.ts';
import type { NewEvent, StoredEvent } from '../domain/stored-event.ts';

/** Options of every call that may wait. An aborted call rejects with `cancelled`. */
export interface CallOptions {
  /** Aborting it ends the wait. */
  readonly signal?: AbortSignal;
}

/** Writes one row: makes it, or changes fields of it if its version is still the expected one. */
export type RowWrite<Row extends { readonly id: string; readonly version: number }> =
  | { readonly create: Row }
  | {
      readonly id: Row['id'];
      readonly expectedVersion: number;
      /** Only the fields to change; a field set to `undefined` is removed from the row. */
      readonly set: RowChanges<Row>;
    };

export type RowChanges<Row> = {
  readonly [Field in keyof Omit<Row, 'id' | 'version' | 'createdAt' | 'sessionId'>]?: Row[Field] | undefined;
};

/** Everything that happens at once to one session: rows and events, all of it or none. */
export interface Change {
  readonly sessionId: SessionId;
  /**
   * Makes the caller's own retry safe: the same key with the same content gives the first outcome
   * again (`replayed: true`) and writes nothing; with other content it is `idempotency_key_reused`.
   * Kept for 7 days, per session. At most 200 characters.
   */
  readonly key?: string;
  /**
   * The change is refused with `lease_lost` unless this is the newest lease of the run. `release` gives
   * it back with the change.
   */
  readonly lease?: { readonly runId: RunId; readonly token: number; readonly release?: boolean };
  /**
   * A lease that is taken with the change, as `leases.acquire` would take it; the change is refused with
   * `run_already_executing` while another owner holds it. Not with a `key`: who repeats a change has
   * the lease already or needs a new one.
   */
  readonly takeLease?: LeaseRequest;
  readonly session?: RowWrite<Session>;
  readonly runs?: readonly RowWrite<Run>[];
  readonly approvals?: readonly RowWrite<Approval>[];
  /** Numbered in this order. May be empty only if a row is written. */
  readonly events: readonly NewEvent[];
}

/** What a commit did. */
export interface Committed {
  /** The change's events with their numbers, in their order. */
  readonly events: readonly StoredEvent[];
  /** Number of the newest event of the session after this change. */
  readonly latestSeq: number;
  /** True when an earlier commit with the same key did it all. */
  readonly replayed: boolean;
  /** The lease that `takeLease` asked for. */
  readonly lease?: Lease;
  /** The run rows as this change left them, in its order; none when it was replayed. */
  readonly runs: readonly Run[];
}

export interface CommitOptions {
  /**
   * Called, where that makes a difference, with what `commit` will resolve with: once the change is there for all
   * who read, and survives the end of this process, but perhaps not yet all that `describe` says. For work that may
   * go on from there, as long as nobody is told before the commit has resolved. Never called for what is refused. If
   * the medium fails after it, the commit rejects with `storage_unavailable`, though its change was written. Must not throw.
   */
  readonly onWritten?: (committed: Committed) => void;
}

export interface EventQuery {
  readonly sessionId: SessionId;
  /** Only events with a greater `seq`. Default 0. */
  readonly after?: number;
  /** Only events with a smaller `seq`. */
  readonly before?: number;
  /** By `seq`; default `ascending`. */
  readonly order?: 'ascending' | 'descending';
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** Only these types. Empty: none. */
  readonly types?: readonly EventType[];
  /** Only events of this run. */
  readonly runId?: RunId;
  /** Only events taken in at or after this time, milliseconds since 1970. */
  readonly since?: number;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /**
   * Up to here the log was looked at, also where nothing matched: the cursor with which to ask for
   * the next page. Ascending: `after` for the next call; descending: `before`.
   */
  readonly scannedTo: number;
  /** True when more events match beyond this page now. */
  readonly hasMore: boolean;
  /** Number of the session's newest event; 0 in an empty log. */
  readonly latestSeq: number;
  /** Set when events below this number were removed by retention and the page would have begun there. */
  readonly pruned?: { readonly before: number };
}

/** Events of all sessions in the order of their commits. */
export interface FeedQuery {
  /** Where the last page ended; absent: from the beginning. Opaque, from this store only. */
  readonly after?: string;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  /** Only these types. Empty: none, and the cursor is that of the end. */
  readonly types?: readonly EventType[];
}

export interface FeedPage {
  readonly events: readonly StoredEvent[];
  /** Where to go on; the same as was given when there was nothing new. */
  readonly cursor: string;
  readonly hasMore: boolean;
}

export interface SessionQuery {
  readonly status?: readonly SessionStatus[];
  readonly provider?: string;
  readonly tag?: string;
  /** 1 to 1,000; default 50. */
  readonly limit?: number;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface ApprovalQuery {
  readonly sessionId?: SessionId;
  readonly runId?: RunId;
  readonly status?: readonly ApprovalStatus[];
  /** True: only those that let later calls through, too. */
  readonly lasting?: true;
  /** 1 to 1,000; default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface RunQuery {
  readonly sessionId?: SessionId;
  readonly status?: readonly RunStatus[];
  readonly provider?: string;
  /** 1 to 1,000; default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** A page of rows, newest first (by `createdAt`, then id). */
export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** The right to write the lifecycle of one run, for a time. */
export interface Lease {
  readonly runId: RunId;
  /** Grows with every acquisition; a change that carries an older one is refused. */
  readonly token: number;
  readonly owner: string;
  /** Wall time in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Leases have no version and write no event. */
export interface Leases {
  /**
   * Takes the lease if nobody holds it or it ran out; `undefined` while another holds it. The same
   * owner may take it again, which raises the token.
   */
  acquire(request: LeaseRequest, options?: CallOptions): Promise<Lease | undefined>;
  /** Moves the end of the lease; rejects with `lease_lost` if a newer token was given out. */
  renew(lease: Lease, milliseconds: number, options?: CallOptions): Promise<Lease>;
  /** Gives the lease back. Does nothing if it is no longer ours. */
  release(lease: Lease): Promise<void>;
  /** The lease as it stands, also when it ran out; `undefined` if there never was one or it was released. */
  current(runId: RunId, options?: CallOptions): Promise<Lease | undefined>;
}

export interface LeaseRequest {
  readonly runId: RunId;
  readonly owner: string;
  readonly milliseconds: number;
}

/**
 * Told of a commit. `latestSeq` is the number of the session's newest event after this store's own commit; absent
 * where the store doesn't know, as for another process's commit or a watch of all sessions: then one has to look.
 */
export type CommitListener = (latestSeq?: number) => void;

/** Stops a watch. May be called any number of times. */
export type Unwatch = () => void;

/** What a store keeps when things go wrong, for people and for `asm doctor`. */
export interface StoreDescription {
  /** Kind of the store, such as `sqlite` or `memory`. */
  readonly kind: string;
  /** Where it lives, such as the file's path. */
  readonly location?: string;
  /** What an acknowledged commit survives. */
  readonly survives: { readonly processCrash: boolean; readonly powerLoss: boolean };
}

/**
 * Where sessions, runs, approvals and events live. All methods may be called at any time and at once; each
 * rejects with `store_closed` after disposal. Failures of the medium are `storage_unavailable`,
 * `storage_busy` or `storage_full`; a query with a name that nothing reads is `unknown_option`. A rejected commit has written nothing, unless its `onWritten` was called.
 */
export interface SessionStore extends AsyncDisposable {
  describe(): StoreDescription;
  /**
   * The only way to write. Atomic; durable, as `describe` says, when it resolves. Everything is
   * checked before anything is written: unknown session (`session_not_found`), ids that exist
   * (`already_exists`, `run_not_found`, `approval_not_found`), leases (`lease_lost`, `run_already_executing`), versions (`conflict`), keys.
   */
  commit(change: Change, options?: CommitOptions): Promise<Committed>;
  readonly leases: Leases;
  /** The row, or `undefined`. */
  session(id: SessionId, options?: CallOptions): Promise<Session | undefined>;
  sessions(query: SessionQuery, options?: CallOptions): Promise<RowPage<Session>>;
  run(id: RunId, options?: CallOptions): Promise<Run | undefined>;
  runs(query: RunQuery, options?: CallOptions): Promise<RowPage<Run>>;
  approval(id: ApprovalId, options?: CallOptions): Promise<Approval | undefined>;
  approvals(query: ApprovalQuery, options?: CallOptions): Promise<RowPage<Approval>>;
  /** A page of one session's log. Rejects with `session_not_found` for an unknown session. */
  events(query: EventQuery, options?: CallOptions): Promise<EventPage>;
  /** A page of all logs. Shows nothing that an open transaction could still precede. */
  feed(query: FeedQuery, options?: CallOptions): Promise<FeedPage>;
  /**
   * Calls `listener` after each commit to the session (or to any, for `undefined`), by this or
   * another process; never before the commit can be read, perhaps once for several commits. Its
   * exceptions are swallowed.
   */
  watch(sessionId: SessionId | undefined, listener: CommitListener): Unwatch;
}
