import { closeSync, fdatasync, openSync } from 'node:fs';

/** Milliseconds between two syncs, so that commits which come one after the other share them. */
const pause = 3;

/** Told that what it waits for is safe from a loss of power, or why it can't be made so. */
type Waiter = (error?: unknown) => void;

/**
 * Syncs the write-ahead log of a SQLite file while this thread goes on: for transactions that were
 * committed without a sync. At most one is under way; it makes safe what was committed before it began.
 */
export class LogSync {
  readonly #descriptor: number;
  /** Those whom the sync that is under way makes safe, and those who wait for the next one. */
  #syncing: Waiter[] = [];
  #waiting: Waiter[] = [];
  /** From the moment a sync is due until nobody waits any more. */
  #isActive = false;
  /** When the next one may begin. */
  #next = 0;
  #wakeIdle: (() => void)[] = [];

  /**
   * `location` is the path of the database as SQLite has it, with no link in it: the log is beside that. It has been
   * read, so that there is a log; and a connection to it is open until this is closed, so that the log stays.
   */
  constructor(location: string) {
    // At once: later the path could lead elsewhere. SQLite keeps no lock on the log that closing this would take away.
    this.#descriptor = openSync(`${location}-wal`, 'r+');
  }

  /** Calls the waiter when all that is committed now is safe; waiters are called in their order. */
  after(waiter: Waiter): void {
    this.#waiting.push(waiter);
    if (this.#isActive) return;
    this.#isActive = true;
    this.#schedule();
  }

  /** Calls the waiter when those who wait now have been called, with the same; at once if nobody waits. */
  behind(waiter: Waiter): void {
    const last = this.#waiting.length > 0 ? this.#waiting : this.#syncing;
    if (last.length > 0) last.push(waiter);
    else waiter();
  }

  /** SQLite has synced the log itself: nobody needs to wait any more. */
  synced(): void {
    const safe = [...this.#syncing, ...this.#waiting];
    this.#syncing = [];
    this.#waiting = [];
    for (const waiter of safe) waiter();
  }

  /** Resolves when nobody waits. */
  async idle(): Promise<void> {
    if (this.#isActive) await new Promise<void>((resolve) => this.#wakeIdle.push(resolve));
  }

  /** To be called when nobody waits. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #schedule(): void {
    const wait = this.#next - performance.now();
    if (wait > 0) setTimeout(() => this.#sync(), wait);
    else this.#sync();
  }

  #sync(): void {
    this.#syncing = this.#waiting;
    this.#waiting = [];
    fdatasync(this.#descriptor, (error) => this.#end(error ?? undefined));
  }

  #end(error?: unknown): void {
    const safe = this.#syncing;
    this.#syncing = [];
    for (const waiter of safe) waiter(error);
    this.#next = performance.now() + pause;
    if (this.#waiting.length > 0) {
      this.#schedule();
      return;
    }
    this.#isActive = false;
    const wake = this.#wakeIdle;
    this.#wakeIdle = [];
    for (const resolve of wake) resolve();
  }
}
