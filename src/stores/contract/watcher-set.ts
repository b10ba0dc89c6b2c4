import type { SessionId } from '../../domain/id.ts';
import type { Unwatch } from '../../ports/session-store.ts';

/** The listeners of a store, woken after commits. */
export interface WatcherSet {
  /** Adds a listener for one session, or for all with `undefined`. */
  watch(sessionId: SessionId | undefined, listener: () => void): Unwatch;
  /**
   * Wakes the listeners of a session, and those of all, in a microtask of its own: once however
   * often it is asked for until then. `undefined` wakes everyone: something changed, who knows where.
   */
  wake(sessionId: SessionId | undefined): void;
  /** Number of listeners. */
  readonly size: number;
  /** Drops all listeners; pending wakes do nothing. */
  clear(): void;
}

/** Makes an empty set. */
export function createWatcherSet(): WatcherSet {
  const bySession = new Map<SessionId | undefined, Set<() => void>>();
  let due = new Set<() => void>();

  const isWatching = new Set<() => void>();

  const run = (): void => {
    const called = due;
    due = new Set();
    for (const listener of called) {
      if (isWatching.has(listener)) call(listener);
    }
  };
  const mark = (listeners: Iterable<() => void> | undefined): void => {
    for (const listener of listeners ?? []) {
      if (due.size === 0) queueMicrotask(run);
      due.add(listener);
    }
  };
  return {
    watch(sessionId, listener) {
      // A watch of its own even if the same function watches twice.
      const watcher = (): void => listener();
      const watchers = bySession.get(sessionId) ?? new Set();
      bySession.set(sessionId, watchers.add(watcher));
      isWatching.add(watcher);
      return () => {
        if (!isWatching.delete(watcher)) return;
        watchers.delete(watcher);
        if (watchers.size === 0 && bySession.get(sessionId) === watchers) bySession.delete(sessionId);
      };
    },
    wake(sessionId) {
      if (sessionId === undefined) return mark(isWatching);
      mark(bySession.get(sessionId));
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
function call(listener: () => unknown): void {
  try {
    const result = listener();
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Swallowed as the port says.
  }
}
