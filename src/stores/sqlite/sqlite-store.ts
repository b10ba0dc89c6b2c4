import type { DatabaseSync } from 'node:sqlite';

import type { Approval, ApprovalId } from '../../domain/approval.ts';
import { AsmError, abortError } from '../../domain/error.ts';
import type { RunId, SessionId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
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
  Leases,
  RowPage,
  RunQuery,
  SessionQuery,
  SessionStore,
  StoreDescription,
  CommitListener,
  Unwatch,
} from '../../ports/session-store.ts';
import { changeFingerprint } from '../contract/change-fingerprint.ts';
import { validateChange } from '../contract/change-validation.ts';
import { readEventQuery, readFeedQuery } from '../contract/query-validation.ts';
import { ChangeWriter } from './change-writer.ts';
import { CommitWatch } from './commit-watch.ts';
import { EventReader } from './event-reader.ts';
import { FeedReader } from './feed-reader.ts';
import { ForeignCommits } from './foreign-commits.ts';
import { LeaseTable } from './lease-table.ts';
import { LogSync } from './log-sync.ts';
import { LoopFairness, nextTurn } from './loop-fairness.ts';
import { retryWhileBusy } from './lock-retry.ts';
import { RowReader } from './row-reader.ts';
import { configureWriter, openReader, openWriter } from './sqlite-connection.ts';
import { storageError } from './sqlite-error.ts';
import { prepareFile } from './sqlite-file.ts';
import { createSqliteLeases } from './sqlite-leases.ts';
import { migrate } from './sqlite-migrator.ts';
import { readSqliteOptions, type Durability, type SqliteStoreOptions } from './sqlite-options.ts';
import { WriteQueue } from './write-queue.ts';

/**
 * Opens the store in a SQLite file, and makes the file if there is none: private (mode 0600), and with
 * missing parent folders (mode 0700). Several processes may have it open at once; each sees the others'
 * commits within some milliseconds. It must be on a local disk.
 *
 * An acknowledged commit survives the end of the process at any moment, kill -9 included. Whether it
 * survives a loss of power is the `durability` option; by default it does, as far as the disk keeps its word.
 *
 * Rejects with `invalid_input`, `unknown_option`, `storage_invalid` (a folder, no database, another
 * program's, damaged), `storage_newer_schema`, `storage_read_only`, `storage_full`, `storage_busy` or
 * `storage_unavailable`.
 */
export async function sqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<SessionStore> {
  const settings = readSqliteOptions(options);
  const file = prepareFile(path);
  let writer: DatabaseSync | undefined;
  let reader: DatabaseSync | undefined;
  let sync: LogSync | undefined;
  try {
    const database = openWriter(file);
    writer = database;
    await retryWhileBusy(settings.busyDeadline, () => migrate(database, file));
    configureWriter(writer, settings.durability);
    reader = openReader(file);
    // SQLite in its other mode never waits for the disk.
    if (settings.durability === 'full') sync = new LogSync(database.location() ?? file);
    return new SqliteStore(file, { writer, reader, sync }, settings);
  } catch (error) {
    sync?.close();
    reader?.close();
    writer?.close();
    throw storageError(error, file);
  }
}

/** What is open of a file. */
interface OpenFile {
  readonly writer: DatabaseSync;
  readonly reader: DatabaseSync;
  readonly sync: LogSync | undefined;
}

class SqliteStore implements SessionStore {
  readonly leases: Leases;
  readonly #path: string;
  readonly #durability: Durability;
  readonly #busyDeadline: number;
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #logSync: LogSync | undefined;
  readonly #queue: WriteQueue;
  readonly #changes: ChangeWriter;
  readonly #rows: RowReader;
  readonly #events: EventReader;
  readonly #feed: FeedReader;
  readonly #watch: CommitWatch;
  readonly #foreign: ForeignCommits;
  readonly #fairness = new LoopFairness();
  #closing: Promise<void> | undefined;

  constructor(path: string, { writer, reader, sync }: OpenFile, settings: Required<SqliteStoreOptions>) {
    this.#path = path;
    this.#durability = settings.durability;
    this.#busyDeadline = settings.busyDeadline;
    this.#writer = writer;
    this.#reader = reader;
    this.#logSync = sync;
    const table = new LeaseTable(writer, settings.clock);
    this.#changes = new ChangeWriter(writer, table, settings.clock);
    this.#rows = new RowReader(reader);
    this.#events = new EventReader(reader);
    this.#feed = new FeedReader(reader);
    this.#watch = new CommitWatch(reader);
    this.#foreign = new ForeignCommits(writer, () => {
      this.#changes.forget();
      this.#watch.wakeChanged();
    });
    this.#queue = new WriteQueue(
      writer,
      {
        begun: () => this.#foreign.check(),
        committed: () => this.#wakeWatchers(),
        rolledBack: () => this.#changes.forget(),
      },
      { path, busyDeadline: settings.busyDeadline, sync },
    );
    this.leases = createSqliteLeases({
      table,
      queue: this.#queue,
      rows: this.#rows,
      enter: (options) => this.#enter(options),
      read: (work, options) => this.#read(work, options),
    });
  }

  describe(): StoreDescription {
    return {
      kind: 'sqlite',
      location: this.#path,
      survives: { processCrash: true, powerLoss: this.#durability === 'full' },
    };
  }

  async commit(change: Change, options: CommitOptions = {}): Promise<Committed> {
    this.#enter();
    validateChange(change);
    const fingerprint = change.key === undefined ? undefined : changeFingerprint(change);
    return this.#queue.submit(() => this.#changes.write(change, fingerprint), options.onWritten);
  }

  session(id: SessionId, options?: CallOptions): Promise<Session | undefined> {
    return this.#read(
      () => this.#known(() => this.#changes.knownSession(id)) ?? this.#rows.session(id),
      options,
    );
  }

  sessions(query: SessionQuery, options?: CallOptions): Promise<RowPage<Session>> {
    return this.#read(() => this.#rows.sessions(query), options);
  }

  run(id: RunId, options?: CallOptions): Promise<Run | undefined> {
    return this.#read(() => this.#known(() => this.#changes.knownRun(id)) ?? this.#rows.run(id), options);
  }

  runs(query: RunQuery, options?: CallOptions): Promise<RowPage<Run>> {
    return this.#read(() => this.#rows.runs(query), options);
  }

  approval(id: ApprovalId, options?: CallOptions): Promise<Approval | undefined> {
    return this.#read(() => this.#rows.approval(id), options);
  }

  approvals(query: ApprovalQuery, options?: CallOptions): Promise<RowPage<Approval>> {
    return this.#read(() => this.#rows.approvals(query), options);
  }

  async events(query: EventQuery, options?: CallOptions): Promise<EventPage> {
    this.#enter(options);
    const { sessionId } = query;
    const range = readEventQuery(query);
    const page = await this.#read(() => this.#events.page(sessionId, range), options);
    if (page !== undefined) return page;
    return this.#events.search(
      sessionId,
      range,
      (work) => this.#read(work, options),
      () => this.#enter(options),
    );
  }

  async feed(query: FeedQuery, options?: CallOptions): Promise<FeedPage> {
    this.#enter(options);
    return this.#feed.page(
      readFeedQuery(query),
      query.after,
      (work) => this.#read(work, options),
      () => this.#enter(options),
    );
  }

  watch(sessionId: SessionId | undefined, listener: CommitListener): Unwatch {
    this.#enter();
    const unwatch = this.#watch.watch(sessionId, listener);
    this.#foreign.start();
    return () => {
      unwatch();
      if (this.#watch.size === 0) this.#foreign.stop();
    };
  }

  /** Waits for the commits that were asked for, then gives the file back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch.clear();
    this.#foreign.stop();
    await this.#queue.idle();
    this.#logSync?.close();
    this.#reader.close();
    // The last connection to a file empties its write-ahead log and removes it.
    this.#writer.close();
  }

  /** Gives what wakes those who watch what was just written. */
  #wakeWatchers(): () => void {
    const changed = this.#changes.takeChanged();
    return () => {
      for (const [sessionId, latestSeq] of changed) this.#watch.wake(sessionId, latestSeq);
    };
  }

  async #read<Result>(work: () => Result, options?: CallOptions): Promise<Result> {
    if (this.#fairness.isOverdue()) await nextTurn();
    try {
      return await retryWhileBusy(this.#busyDeadline, () => {
        this.#enter(options);
        return work();
      });
    } catch (error) {
      throw storageError(error, this.#path);
    }
  }

  /** A row that this process wrote or read last, if that is as good as a look at the file. */
  #known<Row>(look: () => Row | undefined): Row | undefined {
    // A transaction that is open across turns may still be rolled back.
    if (look() === undefined || this.#writer.isTransaction) return undefined;
    // After a commit of another process nothing is known any more.
    this.#foreign.check();
    return look();
  }

  #enter(options?: CallOptions): void {
    if (this.#closing !== undefined) {
      throw new AsmError('store_closed', 'The store was used after it was closed. Open it again.');
    }
    if (options?.signal?.aborted === true) throw abortError(options.signal);
  }
}
