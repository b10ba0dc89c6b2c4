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
  readonly #path: string;
  #descriptor: number | undefined;
  /** Those whom the sync that is under way makes safe, and those who wait for the next one. */
  #syncing: Waiter[] = [];
  #waiting: Waiter[] = [];
  /** From the moment a sync is due until nobody waits any more. */
  #isActive = false;
  /** When the next one may begin. */
  #next = 0;
  #wakeIdle: (() => void)[] = [];

  /** `path` is that of the database, to which a connection is open until this is closed: so its log stays. */
  constructor(path: string) {
    this.#path = `${path}-wal`;
  }

  /** Calls the waiter when all that is committed now is safe; waiters are called in their order. */
  after(waiter: Waiter): void {
    this.#waiting.push(waiter);
    if (this.#isActive) return;
    this.#isActive = true;
    this.#schedule();
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
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #schedule(): void {
    const wait = this.#next - performance.now();
    if (wait > 0) setTimeout(() => this.#sync(), wait);
    else this.#sync();
  }

  #sync(): void {
    this.#syncing = this.#waiting;
    this.#waiting = [];
    try {
      this.#descriptor ??= openSync(this.#path, 'r+');
      fdatasync(this.#descriptor, (error) => this.#end(error ?? undefined));
    } catch (error) {
      this.#end(error);
    }
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
