import { abortError, AsmError } from '../domain/error.ts';
import type { EventType, LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { decodeEvent } from '../domain/stored-event.ts';
import type {
  CallOptions,
  Change,
  CommitOptions,
  Committed,
  EventPage,
  EventQuery,
  SessionStore,
} from '../ports/session-store.ts';
import { defaultTailLimits, type TailBudget, type TailLimits } from './event-tail.ts';
import { KeptAlive } from '../process/kept-alive.ts';
import { SessionFeed } from './session-feed.ts';

/** A page of one session's log, decoded. Fields as in the store's page. */
export interface LogPage extends Omit<EventPage, 'events'> {
  readonly events: readonly LogEvent[];
}

export interface WaitOptions extends CallOptions {
  /** How long to wait for an event when there is none yet, in milliseconds. Default 0. */
  readonly wait?: number;
}

/** A follower's place in a feed. */
export interface FeedPlace extends Disposable {
  /** To be taken before reading, and given to `changed` after. */
  readonly version: number;
  /** The next events from memory or from the store. */
  read(query: EventQuery): Promise<LogPage>;
  /** Resolves when something may be new since `version`, or when the signal aborts. */
  changed(version: number, signal: AbortSignal | undefined): Promise<void>;
}

/** The way through which the manager writes and reads all logs of a store. */
export class EventLog {
  readonly store: SessionStore;
  /** Held by whoever waits for what the log is to tell. */
  readonly alive = new KeptAlive();
  readonly #limits: TailLimits;
  readonly #budget: TailBudget = { used: 0 };
  readonly #feeds = new Map<SessionId, SessionFeed>();
  readonly #closed = new AbortController();

  constructor(store: SessionStore, limits: TailLimits = defaultTailLimits) {
    this.store = store;
    this.#limits = limits;
  }

  async commit(change: Change, options?: CommitOptions): Promise<Committed> {
    const committed = await this.store.commit(change, options);
    this.#feeds.get(change.sessionId)?.committed(committed.events);
    return committed;
  }

  /**
   * The same for work that goes on at once: resolves when the change survives the end of this process. Its commit
   * is `stored`, and may still reject; until it resolves nobody is to be told.
   */
  async write(change: Change): Promise<{ readonly written: Committed; readonly stored: Promise<Committed> }> {
    const { promise, resolve, reject } = Promise.withResolvers<Committed>();
    const stored = this.commit(change, { onWritten: resolve });
    // Also for a store that calls nobody.
    stored.then(resolve, reject);
    return { written: await promise, stored };
  }

  /** A page from the store, never from memory: it shows everything that was committed before the call. */
  async page(query: EventQuery, options: WaitOptions = {}): Promise<LogPage> {
    const { wait = 0, signal } = options;
    if (Number.isNaN(Number(wait))) {
      throw new AsmError('invalid_input', `\`wait\` is a number of milliseconds, not ${String(wait)}.`);
    }
    const first = await this.#fromStore(query, signal);
    if (wait <= 0 || first.events.length > 0 || first.hasMore) return first;
    if (query.order === 'descending' || query.before !== undefined) {
      throw new AsmError(
        'invalid_input',
        'Only a page in ascending order without `before` can be waited for.',
      );
    }
    return await this.#awaitPage(query, first, wait, signal);
  }

  async #awaitPage(
    query: EventQuery,
    first: LogPage,
    wait: number,
    signal: AbortSignal | undefined,
  ): Promise<LogPage> {
    const deadline = AbortSignal.timeout(Math.min(wait, 2 ** 31 - 1));
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    using place = await this.join(query.sessionId);
    let page = first;
    for (;;) {
      const { version } = place;
      page = await place.read({ ...query, after: page.scannedTo });
      if (page.events.length > 0 || deadline.aborted) return page;
      if (signal?.aborted) throw abortError(signal);
      if (!page.hasMore) await place.changed(version, either);
    }
  }

  /**
   * Joins the followers of a session. `reaches`: a number up to which its log is known to go; without it the store is
   * asked, and `session_not_found` rejects.
   */
  async join(sessionId: SessionId, reaches?: number): Promise<FeedPlace> {
    const known = this.#feeds.get(sessionId);
    if (known !== undefined) return this.#joined(sessionId, known);
    const reached = reaches ?? (await this.reached(sessionId));
    const feed =
      this.#feeds.get(sessionId) ??
      new SessionFeed(this.store, sessionId, reached, this.#limits, this.#budget);
    this.#feeds.set(sessionId, feed);
    return this.#joined(sessionId, feed);
  }

  /** A number up to which the session's log goes, or went a moment ago. Rejects with `session_not_found`. */
  async reached(sessionId: SessionId): Promise<number> {
    const known = this.#feeds.get(sessionId)?.lastSeq;
    return known ?? (await this.store.events({ sessionId, limit: 1, order: 'descending' })).latestSeq;
  }

  #joined(sessionId: SessionId, feed: SessionFeed): FeedPlace {
    feed.join();
    return this.#place(sessionId, feed);
  }

  /** Aborted, with `store_closed`, when the manager was closed: nothing more will come. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Lets every follower go. */
  close(): void {
    this.#closed.abort(new AsmError('store_closed', 'The session manager was closed.'));
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }

  #place(sessionId: SessionId, feed: SessionFeed): FeedPlace {
    let left = false;
    return {
      get version() {
        return feed.version;
      },
      read: async (query) => {
        const page = await feed.read(query);
        if (page === undefined) return await this.#fromStore(query, undefined);
        const hasMore = page.events.length >= (query.limit ?? 100);
        return { ...page, hasMore, latestSeq: page.scannedTo };
      },
      changed: async (version, signal) => {
        if (feed.version !== version || signal?.aborted === true) return;
        if (feed.closed) throw new AsmError('store_closed', 'The session manager was closed.');
        using _held = this.alive.hold();
        await new Promise<void>((resolve) => {
          const done = (): void => {
            forget();
            signal?.removeEventListener('abort', done);
            resolve();
          };
          const forget = feed.onChange(done);
          signal?.addEventListener('abort', done, { once: true });
        });
      },
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        if (feed.leave() && this.#feeds.get(sessionId) === feed) this.#feeds.delete(sessionId);
      },
    };
  }

  async #fromStore(query: EventQuery, signal: AbortSignal | undefined): Promise<LogPage> {
    const page = await this.store.events(query, signal === undefined ? {} : { signal });
    return { ...page, events: page.events.map(decodeEvent) };
  }
}

/** What a follower wants to see. */
export interface FollowQuery extends CallOptions {
  /** Only events with a greater `seq`. Default 0: from the beginning. */
  readonly after?: number;
  /** Only these types. Empty: none. */
  readonly types?: readonly EventType[];
  /** Only events of this run. */
  readonly runId?: RunId;
}
