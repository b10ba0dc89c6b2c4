import type { DatabaseSync } from 'node:sqlite';

import { systemClock, type Clock } from '../../domain/clock.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** Milliseconds between two looks, and after `quietAfter` milliseconds without a commit of others. */
const shortPause = 10;
const longPause = 100;
const quietAfter = 60_000;

/**
 * Notices commits of other connections. SQLite has no signal for them (and a watch on the file fires
 * before the commit can be read), but a number that is cheap to look at.
 */
export class ForeignCommits {
  readonly #version: Query<readonly [version: number]>;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #onCommit: () => void;
  #known: number;
  #stopTimer: (() => void) | undefined;
  #quietSince = 0;

  /** `onCommit` is called after each look that found commits. `database` never sees its own as foreign. */
  constructor(database: DatabaseSync, onCommit: () => void, clock: Clock = systemClock) {
    this.#database = database;
    this.#onCommit = onCommit;
    this.#clock = clock;
    this.#version = prepareQuery(database, 'PRAGMA data_version');
    this.#known = this.#read();
  }

  /** Looks now; true if there were commits since the last look. */
  check(): boolean {
    const version = this.#read();
    if (version === this.#known) return false;
    this.#known = version;
    this.#quietSince = this.#clock.monotonic();
    this.#onCommit();
    return true;
  }

  /** Looks every few milliseconds until `stop`. The timer doesn't keep the process alive. */
  start(): void {
    if (this.#stopTimer !== undefined) return;
    this.#quietSince = this.#clock.monotonic();
    this.#arm();
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #arm(): void {
    const isQuiet = this.#clock.monotonic() - this.#quietSince >= quietAfter;
    this.#stopTimer = this.#clock.startTimer(isQuiet ? longPause : shortPause, () => {
      this.#look();
      if (this.#stopTimer !== undefined) this.#arm();
    });
  }

  #look(): void {
    // A transaction that is open across turns waits for its commit; it looked when it began.
    if (this.#database.isTransaction) return;
    try {
      this.check();
    } catch {
      // Locked for a moment, or a failing disk, which the next read or commit reports.
    }
  }

  #read(): number {
    return this.#version.get()?.[0] ?? 0;
  }
}
