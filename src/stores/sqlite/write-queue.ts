import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { isAsmError, type AsmError } from '../../domain/error.ts';
import type { LogSync } from './log-sync.ts';
import { lockPause } from './lock-retry.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';
import { isBusy, isMediumFailure, storageError } from './sqlite-error.ts';

/** How many tasks share a transaction at most: it bounds how long the event loop stands still. */
const largestGroup = 512;
/** Milliseconds after a sign of another writer for which this one pauses between its transactions. */
const politeness = 100;

/** What the queue tells its owner. */
export interface WriteQueueHooks {
  /** The lock is held: nobody else writes until the end of the group. True if another process wrote before. */
  begun(): boolean;
  /**
   * The group is written. Gives what is to be called before its tasks settle: once it is durable, or can't be made
   * so, though it is written.
   */
  committed(): () => void;
  /** Nothing of the group was written. */
  rolledBack(): void;
}

export interface WriteQueueOptions {
  readonly path: string;
  /** Milliseconds for which a task waits for the lock. */
  readonly busyDeadline: number;
  /** Where a commit is to survive a loss of power, and SQLite syncs with each one: how that can come later. */
  readonly sync?: LogSync | undefined;
}

interface Task {
  /** Checks everything before it writes; throws `AsmError` before its first write only. */
  readonly perform: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Told of the result when the group is written; if all of a group have it, the sync comes later. */
  readonly written: ((result: unknown) => void) | undefined;
  /** When the task first met another's lock. */
  busySince: number | undefined;
  /** Set after its group failed for an unknown reason: it is tried again in a transaction of its own. */
  alone: boolean;
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Group commit: all tasks that are handed in during one turn of the event loop share one transaction,
 * and one sync of the disk. Tasks run in their order. One that throws an `AsmError` has written nothing and
 * rejects alone; if the transaction fails, all reject. A group of which all want to hear when it is written is synced
 * beside what follows on that, together with those that come in the meantime. Between two transactions the event loop turns,
 * and other processes get their chance at the lock.
 */
export class WriteQueue {
  readonly #path: string;
  readonly #busyDeadline: number;
  readonly #hooks: WriteQueueHooks;
  readonly #sync: LogSync | undefined;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  /** Rows that were changed since the connection was opened: a transaction that changes none syncs nothing. */
  readonly #changes: Query<readonly [rows: number]>;
  /** True of the transaction that was committed last, or is to be. */
  #isEmpty = false;
  #waiting: Task[] = [];
  /** From the moment a turn is due until nothing waits any more. */
  #isActive = false;
  /** True: SQLite commits without a sync. */
  #syncsLater = false;
  #politeUntil = 0;
  #wakeIdle: (() => void)[] = [];

  constructor(database: DatabaseSync, hooks: WriteQueueHooks, options: WriteQueueOptions) {
    this.#database = database;
    this.#hooks = hooks;
    this.#path = options.path;
    this.#busyDeadline = options.busyDeadline;
    this.#sync = options.sync;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#changes = prepareQuery(database, 'SELECT total_changes()');
  }

  /** Performs the task in the next transaction; settles when that is durable. `onWritten` is called before. */
  submit<Result>(perform: () => Result, onWritten?: (result: Result) => void): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const settle = (result: unknown): void => resolve(result as Result);
      const written = onWritten && ((result: unknown): void => onWritten(result as Result));
      this.#waiting.push({ perform, resolve: settle, reject, written, busySince: undefined, alone: false });
      if (this.#isActive) return;
      this.#isActive = true;
      this.#scheduleTurn();
    });
  }

  /** Resolves when no task waits, and all that was written is durable. */
  async idle(): Promise<void> {
    if (this.#isActive) await new Promise<void>((resolve) => this.#wakeIdle.push(resolve));
    await this.#sync?.idle();
  }

  #scheduleTurn(): void {
    if (this.#politeUntil > 0 && performance.now() < this.#politeUntil) setTimeout(this.#turn, 1);
    else setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    try {
      this.#chooseSync();
      this.#begin.run();
    } catch (error) {
      if (isBusy(error)) this.#waitForLock(error);
      else this.#endTurn(this.#takeGroup(), error);
      return;
    }
    const group = this.#takeGroup();
    const outcomes: Outcome[] = [];
    try {
      if (this.#hooks.begun()) this.#bePolite();
      const before = this.#countChanges();
      for (const task of group) outcomes.push(performTask(task));
      this.#isEmpty = this.#countChanges() === before;
    } catch (error) {
      this.#rollBack();
      this.#endFailedGroup(group, error);
      return;
    }
    this.#finish(group, outcomes, performance.now() + this.#busyDeadline);
  };

  /** Commits; a commit that another's lock holds up is tried again, with the transaction kept. */
  #finish(group: readonly Task[], outcomes: readonly Outcome[], end: number): void {
    try {
      this.#commit.run();
    } catch (error) {
      if (isBusy(error) && this.#database.isTransaction && performance.now() < end) {
        setTimeout(() => this.#finish(group, outcomes, end), lockPause());
        return;
      }
      this.#rollBack();
      this.#endTurn(group, error);
      return;
    }
    this.#settle(group, outcomes);
    this.#goOn();
  }

  #settle(group: readonly Task[], outcomes: readonly Outcome[]): void {
    const tell = this.#hooks.committed();
    for (const [index, task] of group.entries()) tellWritten(task, outcomes[index]);
    this.#onceDurable((error) => {
      tell();
      const reason = error === undefined ? undefined : storageError(error, this.#path);
      for (const [index, task] of group.entries()) settleTask(task, outcomes[index], reason);
    });
  }

  /** Calls `settle` when what was committed, and all that came before, is durable; or can't be made so. */
  #onceDurable(settle: (error?: unknown) => void): void {
    if (this.#sync === undefined) settle();
    // What it gives may be what an earlier one has written.
    else if (this.#isEmpty) this.#sync.behind(settle);
    else if (this.#syncsLater) this.#sync.after(settle);
    else {
      this.#sync.synced();
      settle();
    }
  }

  #countChanges(): number {
    return this.#sync === undefined ? 0 : (this.#changes.get()?.[0] ?? 0);
  }

  /** The setting can't be changed inside of a transaction. */
  #chooseSync(): void {
    const later = this.#sync !== undefined && this.#waiting.every(({ written }) => written !== undefined);
    if (later === this.#syncsLater) return;
    this.#database.exec(`PRAGMA synchronous = ${later ? 'NORMAL' : 'FULL'}`);
    this.#syncsLater = later;
  }

  #takeGroup(): readonly Task[] {
    const [first] = this.#waiting;
    const size = first?.alone === true ? 1 : largestGroup;
    if (this.#waiting.length > size) return this.#waiting.splice(0, size);
    const group = this.#waiting;
    this.#waiting = [];
    return group;
  }

  #waitForLock(error: unknown): void {
    this.#bePolite();
    const now = performance.now();
    const late: Task[] = [];
    this.#waiting = this.#waiting.filter((task) => {
      task.busySince ??= now;
      if (now - task.busySince < this.#busyDeadline) return true;
      late.push(task);
      return false;
    });
    for (const task of late) task.reject(storageError(error, this.#path));
    if (this.#waiting.length === 0) this.#goOn();
    else setTimeout(this.#turn, lockPause());
  }

  #bePolite(): void {
    this.#politeUntil = performance.now() + politeness;
  }

  /** A failure that isn't the medium's has one task at its root: each gets its own transaction. */
  #endFailedGroup(group: readonly Task[], error: unknown): void {
    if (group.length < 2 || isMediumFailure(error)) {
      this.#endTurn(group, error);
      return;
    }
    for (const task of group) task.alone = true;
    this.#waiting = [...group, ...this.#waiting];
    this.#goOn();
  }

  #endTurn(group: readonly Task[], error: unknown): void {
    const reason = storageError(error, this.#path);
    for (const task of group) task.reject(reason);
    this.#goOn();
  }

  #rollBack(): void {
    try {
      // Some failures roll back by themselves.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The failure that led here is the one to report; the next BEGIN meets this one again.
    }
    this.#hooks.rolledBack();
  }

  #goOn(): void {
    if (this.#waiting.length > 0) {
      this.#scheduleTurn();
      return;
    }
    this.#isActive = false;
    const wake = this.#wakeIdle;
    this.#wakeIdle = [];
    for (const resolve of wake) resolve();
  }
}

function performTask(task: Task): Outcome {
  try {
    return { result: task.perform() };
  } catch (error) {
    if (isAsmError(error)) return { error };
    throw error;
  }
}

function tellWritten(task: Task, outcome: Outcome | undefined): void {
  if (outcome !== undefined && 'result' in outcome) task.written?.(outcome.result);
}

/** `failure`: what was written could not be made durable. */
function settleTask(task: Task, outcome: Outcome | undefined, failure: AsmError | undefined): void {
  if (outcome === undefined || 'error' in outcome) task.reject(outcome?.error);
  else if (failure === undefined) task.resolve(outcome.result);
  else task.reject(failure);
}
