import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { RunId } from '../../domain/id.ts';
import { isTerminalRun, type Run } from '../../domain/run.ts';
import type { NewEvent } from '../../domain/stored-event.ts';
import type { SessionEntry } from './session-table.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/**
 * The writer's side of the table `run_ranges`: between which events of its session's log a run's own
 * are. Written at a run's first event and at its end only.
 */
export class RunRangeTable {
  readonly #find: Query<readonly [lastSeq: number | null]>;
  readonly #open: StatementSync;
  readonly #close: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = prepareQuery(database, 'SELECT last_seq FROM run_ranges WHERE session = ? AND run = ?');
    this.#open = database.prepare('INSERT INTO run_ranges (session, run, first_seq) VALUES (?, ?, ?)');
    this.#close = database.prepare('UPDATE run_ranges SET last_seq = ? WHERE session = ? AND run = ?');
  }

  /** Takes note of a change's events, numbered from `firstSeq`, and of the runs that it ends. */
  note(entry: SessionEntry, events: readonly NewEvent[], firstSeq: number, runs: readonly Run[]): void {
    const lastSeq = firstSeq + events.length - 1;
    let previous: RunId | undefined;
    for (let index = 0; index < events.length; index++) {
      const runId = events[index]?.runId;
      if (runId === undefined || runId === previous) continue;
      previous = runId;
      // An event after the end of its run: the range grows.
      if (this.#isClosed(entry, runId, firstSeq + index)) this.#close.run(lastSeq, entry.number, runId);
    }
    for (const run of runs) {
      if (!isTerminalRun(run.status)) continue;
      this.#close.run(Math.max(lastSeq, entry.latestSeq), entry.number, run.id);
      // Little comes after the end of a run, and that finds it in the table.
      entry.runs.delete(run.id);
    }
  }

  #isClosed(entry: SessionEntry, runId: RunId, seq: number): boolean {
    if (entry.runs.has(runId)) return false;
    const found = this.#find.get(entry.number, runId);
    if (found === undefined) this.#open.run(entry.number, runId, seq);
    const isClosed = found !== undefined && found[0] !== null;
    if (!isClosed) entry.runs.add(runId);
    return isClosed;
  }
}
