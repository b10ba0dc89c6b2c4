import type { DatabaseSync } from 'node:sqlite';

import type { SessionId } from '../../domain/id.ts';
import type { CommitListener, Unwatch } from '../../ports/session-store.ts';
import { createWatcherSet } from '../contract/watcher-set.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** For a moment, because of a lock: the watcher is woken to be sure. */
const unreadable = -1;

interface WatchedSession {
  watchers: number;
  /** How often the session had changed when last looked at; 0 before it exists. */
  revision: number;
}

/** Who is to be woken after which commit. */
export class CommitWatch {
  /** Those who watch one session. */
  readonly #watchers = createWatcherSet();
  /** Those who watch all. */
  readonly #watchersOfAll = createWatcherSet();
  readonly #sessions = new Map<SessionId, WatchedSession>();
  readonly #revision: Query<readonly [revision: number]>;

  /** `reader` never sees what isn't committed. */
  constructor(reader: DatabaseSync) {
    this.#revision = prepareQuery(
      reader,
      'SELECT revision FROM sessions JOIN logs ON logs.session = number WHERE id = ?',
    );
  }

  /** Number of listeners. */
  get size(): number {
    return this.#watchers.size + this.#watchersOfAll.size;
  }

  watch(sessionId: SessionId | undefined, listener: CommitListener): Unwatch {
    if (sessionId === undefined) return this.#watchersOfAll.watch(undefined, listener);
    const unwatch = this.#watchers.watch(sessionId, listener);
    const watched = this.#sessions.get(sessionId) ?? { watchers: 0, revision: this.#read(sessionId) };
    watched.watchers++;
    this.#sessions.set(sessionId, watched);
    let isWatching = true;
    return () => {
      unwatch();
      if (!isWatching) return;
      isWatching = false;
      watched.watchers--;
      if (watched.watchers === 0) this.#sessions.delete(sessionId);
    };
  }

  /** Our own commit changed the session, whose log goes to `latestSeq` now. */
  wake(sessionId: SessionId, latestSeq: number): void {
    this.#watchers.wake(sessionId, latestSeq);
    this.#watchersOfAll.wake(undefined);
  }

  /** Another process committed: wakes those whose session has changed since the last look. */
  wakeChanged(): void {
    this.#watchersOfAll.wake(undefined);
    for (const [sessionId, watched] of this.#sessions) {
      const revision = this.#read(sessionId);
      if (revision === watched.revision && revision !== unreadable) continue;
      watched.revision = revision;
      this.#watchers.wake(sessionId);
    }
  }

  /** Drops all listeners. */
  clear(): void {
    this.#watchers.clear();
    this.#watchersOfAll.clear();
    this.#sessions.clear();
  }

  #read(sessionId: SessionId): number {
    try {
      return this.#revision.get(sessionId)?.[0] ?? 0;
    } catch {
      return unreadable;
    }
  }
}
