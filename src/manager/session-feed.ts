import type { SessionId } from '../domain/id.ts';
import type { StoredEvent } from '../domain/stored-event.ts';
import type { EventQuery, SessionStore, Unwatch } from '../ports/session-store.ts';
import { EventTail, type TailBudget, type TailLimits, type TailPage } from './event-tail.ts';

/**
 * What the followers of one session share: one watch on the store and one tail. It lives as long as
 * somebody follows.
 */
export class SessionFeed {
  readonly #store: SessionStore;
  readonly #sessionId: SessionId;
  readonly #tail: EventTail;
  readonly #unwatch: Unwatch;
  readonly #wakers = new Set<() => void>();
  #followers = 0;
  /** True at first: somebody may have committed between the look at the log and the watch. */
  #foreign = true;
  /** How far the log is known to go. */
  #reaches = 0;
  /** Resolves false when the store could not be read. */
  #filling: Promise<boolean> | undefined;
  #version = 0;
  #wakeScheduled = false;
  #closed = false;

  constructor(
    store: SessionStore,
    sessionId: SessionId,
    latestSeq: number,
    limits: TailLimits,
    budget: TailBudget,
  ) {
    this.#store = store;
    this.#sessionId = sessionId;
    this.#tail = new EventTail(latestSeq, limits, budget);
    this.#unwatch = store.watch(sessionId, (reaches) => {
      // What this process commits is handed over; only what others do has to be read.
      if (reaches === undefined) this.#foreign = true;
      else this.#reaches = Math.max(this.#reaches, reaches);
      this.#wake();
    });
  }

  /** True when the manager was closed: nothing more will come. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Number of the newest event that is known here. */
  get lastSeq(): number {
    return this.#tail.lastSeq;
  }

  /** Grows whenever there may be something new. */
  get version(): number {
    return this.#version;
  }

  join(): void {
    this.#followers++;
  }

  /** True when that was the last follower and the feed is closed. */
  leave(): boolean {
    this.#followers--;
    if (this.#followers > 0) return false;
    this.close();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    this.#tail.clear();
    this.#wakeNow();
  }

  /** Takes in what this process has just committed. */
  committed(events: readonly StoredEvent[]): void {
    if (!this.#tail.append(events)) this.#foreign = true;
    this.#wake();
  }

  /** A page from memory; `undefined` when the store has to be asked. */
  async read(query: EventQuery): Promise<TailPage | undefined> {
    // The one that is under way may have read before the change that we are woken for; the next one
    // has not. More than that one would be for changes of which we are told by another wake.
    for (let round = 0; round < 2 && (this.#isBehind || this.#filling !== undefined); round++) {
      this.#filling ??= this.#fill();
      if (!(await this.#filling)) return undefined;
    }
    return this.#tail.read(query);
  }

  get #isBehind(): boolean {
    return this.#foreign || this.#tail.lastSeq < this.#reaches;
  }

  /** Calls `waker` once at the next change. Returns how to take that back. */
  onChange(waker: () => void): () => void {
    this.#wakers.add(waker);
    return () => this.#wakers.delete(waker);
  }

  /** One read for all followers: catches up with what others have committed. */
  async #fill(): Promise<boolean> {
    try {
      this.#foreign = false;
      this.#reaches = 0;
      for (;;) {
        const page = await this.#store.events({
          sessionId: this.#sessionId,
          after: this.#tail.lastSeq,
          limit: 256,
        });
        this.#tail.append(page.events);
        if (!page.hasMore) return true;
      }
    } catch {
      // The followers' own reads meet the same failure and report it, or find the store well again.
      this.#foreign = true;
      return false;
    } finally {
      this.#filling = undefined;
    }
  }

  #wake(): void {
    this.#version++;
    if (this.#wakeScheduled || this.#wakers.size === 0) return;
    this.#wakeScheduled = true;
    // One round of deliveries for all commits of a turn: with many followers this is what keeps up.
    setImmediate(() => this.#wakeNow());
  }

  #wakeNow(): void {
    this.#wakeScheduled = false;
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const waker of wakers) waker();
  }
}
