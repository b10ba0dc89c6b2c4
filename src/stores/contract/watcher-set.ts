import type { SessionId } from '../../domain/id.ts';
import type { CommitListener, Unwatch } from '../../ports/session-store.ts';

/** The listeners of a store, woken after commits. */
export interface WatcherSet {
  /** Adds a listener for one session, or for all with `undefined`. */
  watch(sessionId: SessionId | undefined, listener: CommitListener): Unwatch;
  /**
   * Wakes the listeners of a session, and those of all, in a microtask of its own: once however often it is asked for
   * until then. `undefined` wakes everyone: something changed, who knows where. The listeners of the session are told
   * the greatest `latestSeq`, if none of the wakes came without one.
   */
  wake(sessionId: SessionId | undefined, latestSeq?: number): void;
  /** Number of listeners. */
  readonly size: number;
  /** Drops all listeners; pending wakes do nothing. */
  clear(): void;
}

/** Makes an empty set. */
export function createWatcherSet(): WatcherSet {
  const bySession = new Map<SessionId | undefined, Set<CommitListener>>();
  let due = new Map<CommitListener, number | undefined>();

  const isWatching = new Set<CommitListener>();

  const run = (): void => {
    const called = due;
    due = new Map();
    for (const [listener, latestSeq] of called) {
      if (isWatching.has(listener)) call(listener, latestSeq);
    }
  };
  const mark = (listeners: Iterable<CommitListener> | undefined, latestSeq?: number): void => {
    for (const listener of listeners ?? []) {
      if (due.size === 0) queueMicrotask(run);
      const before = due.has(listener) ? due.get(listener) : 0;
      const isKnown = before !== undefined && latestSeq !== undefined;
      due.set(listener, isKnown ? Math.max(before, latestSeq) : undefined);
    }
  };
  return {
    watch(sessionId, listener) {
      // A watch of its own even if the same function watches twice.
      const watcher: CommitListener = (latestSeq) => listener(latestSeq);
      const watchers = bySession.get(sessionId) ?? new Set();
      bySession.set(sessionId, watchers.add(watcher));
      isWatching.add(watcher);
      return () => {
        if (!isWatching.delete(watcher)) return;
        watchers.delete(watcher);
        if (watchers.size === 0 && bySession.get(sessionId) === watchers) bySession.delete(sessionId);
      };
    },
    wake(sessionId, latestSeq) {
      if (sessionId === undefined) return mark(isWatching);
      mark(bySession.get(sessionId), latestSeq);
      mark(bySession.get(undefined));
    },
    get size() {
      return isWatching.size;
    },
    clear() {
      bySession.clear();
      isWatching.clear();
      due.clear();
    },
  };
}

/** What a listener throws, at once or later, is its own affair. */
function call(listener: (latestSeq?: number) => unknown, latestSeq: number | undefined): void {
  try {
    const result = listener(latestSeq);
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Swallowed as the port says.
  }
}
