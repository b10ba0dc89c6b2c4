import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { SessionId } from '../../domain/id.ts';
import type { NewEvent, StoredEvent } from '../../domain/stored-event.ts';
import { eventColumns, eventOfRow, type EventRow } from '../sql/event-row.ts';
import type { SessionEntry } from './session-table.ts';
import { prepareQuery, type Query } from './sqlite-connection.ts';

/** The writer's side of the table `events`. */
export class EventTable {
  readonly #insert: StatementSync;
  readonly #latestPosition: Query<readonly [position: number | null]>;
  readonly #range: Query<EventRow>;
  /** Undefined until it is read. */
  #position: number | undefined;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO events (position, session, seq, type, time, payload, run, attempt, provider) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#latestPosition = prepareQuery(database, 'SELECT max(position) FROM events');
    this.#range = prepareQuery(
      database,
      `SELECT ${eventColumns} FROM events WHERE session = ? AND seq BETWEEN ? AND ? ORDER BY seq`,
    );
  }

  /** Appends the events to the session's log, numbered from `firstSeq`. */
  append(entry: SessionEntry, events: readonly NewEvent[], firstSeq: number): readonly StoredEvent[] {
    const sessionId = entry.row.id;
    const stored: StoredEvent[] = [];
    let seq = firstSeq;
    let position = this.#position ?? this.#latestPosition.get()?.[0] ?? 0;
    for (const { type, time, payload, runId = null, attempt = null, provider = null } of events) {
      position++;
      this.#insert.run(position, entry.number, seq, type, time, payload, runId, attempt, provider);
      stored.push(eventOfRow(sessionId, [seq, position, type, time, payload, runId, attempt, provider]));
      seq++;
    }
    this.#position = position;
    return Object.freeze(stored);
  }

  /** The session's events from number `first` to `last`. */
  range(entry: SessionEntry, first: number, last: number): readonly StoredEvent[] {
    const sessionId: SessionId = entry.row.id;
    return Object.freeze(this.#range.all(entry.number, first, last).map((row) => eventOfRow(sessionId, row)));
  }

  /** Forgets the newest position: it may no longer be so. */
  forget(): void {
    this.#position = undefined;
  }
}
