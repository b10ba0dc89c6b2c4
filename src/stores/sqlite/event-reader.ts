import type { DatabaseSync } from 'node:sqlite';

import type { SessionId } from '../../domain/id.ts';
import type { StoredEvent } from '../../domain/stored-event.ts';
import type { EventPage } from '../../ports/session-store.ts';
import { sessionNotFound } from '../contract/change-decision.ts';
import { endOfRange, type EventRange } from '../contract/query-validation.ts';
import { eventFilter } from '../sql/event-filter.ts';
import { eventColumns, eventOfRow, type EventRow } from '../sql/event-row.ts';
import { PreparedQueries, prepareQuery, type Query } from './sqlite-connection.ts';
import { scanWindows, type ScanRange } from './window-scan.ts';

type LogRow = readonly [number: number, latestSeq: number, prunedBefore: number];
type Attempt = <Result>(read: () => Result) => Promise<Result>;

/** Reads pages of one session's log on a connection that only reads. */
export class EventReader {
  readonly #prepared: PreparedQueries;
  readonly #log: Query<LogRow>;
  readonly #runRange: Query<readonly [firstSeq: number, lastSeq: number | null]>;
  readonly #ascending: Query<EventRow>;
  readonly #descending: Query<EventRow>;

  constructor(database: DatabaseSync) {
    this.#prepared = new PreparedQueries(database);
    this.#log = prepareQuery(
      database,
      'SELECT number, latest_seq, pruned_before FROM sessions JOIN logs ON logs.session = number WHERE id = ?',
    );
    this.#runRange = prepareQuery(
      database,
      'SELECT first_seq, last_seq FROM run_ranges WHERE session = ? AND run = ?',
    );
    this.#ascending = prepareQuery(database, pageQuery('', false));
    this.#descending = prepareQuery(database, pageQuery('', true));
  }

  /** The page, if it needs no search; `undefined` for a query with filters. */
  page(sessionId: SessionId, range: EventRange): EventPage | undefined {
    if (range.types !== undefined || range.runId !== undefined || range.since !== undefined) return undefined;
    const log = this.#findLog(sessionId);
    const [number, latestSeq] = log;
    const { lowest, highest } = bounds(range, log);
    const query = range.descending ? this.#descending : this.#ascending;
    const rows = lowest > highest ? [] : query.all(number, lowest, highest, range.limit);
    const events = rows.map((row) => eventOfRow(sessionId, row));
    const last = events.at(-1);
    const hasMore = last !== undefined && (range.descending ? last.seq > lowest : last.seq < highest);
    return pageOf(range, log, events, hasMore ? last.seq : endOfRange(range, latestSeq), hasMore);
  }

  /** The page of a query with filters. `attempt` calls a read, again while it is locked; `check` may throw. */
  async search(
    sessionId: SessionId,
    range: EventRange,
    attempt: Attempt,
    check: () => void,
  ): Promise<EventPage> {
    const log = await attempt(() => this.#findLog(sessionId));
    const [number, latestSeq] = log;
    const scanned = await attempt(() => this.#narrow(range, log));
    const filter = eventFilter(range);
    const query = this.#prepared.get<EventRow>(pageQuery(filter.sql, range.descending));
    const found = await scanWindows(
      scanned,
      range.limit + 1,
      (lowest, highest, limit) => attempt(() => query.all(number, lowest, highest, ...filter.values, limit)),
      check,
    );
    const events = found.slice(0, range.limit).map((row) => eventOfRow(sessionId, row));
    const next = found[range.limit];
    const end = next === undefined ? endOfRange(range, latestSeq) : next[0] + (range.descending ? 1 : -1);
    return pageOf(range, log, events, end, next !== undefined);
  }

  #findLog(sessionId: SessionId): LogRow {
    const found = this.#log.get(sessionId);
    if (found === undefined) throw sessionNotFound(sessionId);
    return found;
  }

  /** Where to look for what passes the filters. */
  #narrow(range: EventRange, log: LogRow): ScanRange {
    const all = bounds(range, log);
    if (range.types?.size === 0) return { ...all, highest: 0 };
    if (range.runId === undefined) return all;
    const [firstSeq, lastSeq] = this.#runRange.get(log[0], range.runId) ?? [1, 0];
    return {
      ...all,
      lowest: Math.max(all.lowest, firstSeq),
      highest: Math.min(all.highest, lastSeq ?? all.highest),
    };
  }
}

/** Between which numbers the page is. */
function bounds(range: EventRange, [, latestSeq, prunedBefore]: LogRow): ScanRange {
  return {
    lowest: Math.max(range.after + 1, prunedBefore),
    highest: Math.min(range.before - 1, latestSeq),
    descending: range.descending,
  };
}

function pageQuery(filter: string, descending: boolean): string {
  const order = descending ? 'DESC' : 'ASC';
  return `SELECT ${eventColumns} FROM events WHERE session = ? AND seq BETWEEN ? AND ?${filter} ORDER BY seq ${order} LIMIT ?`;
}

function pageOf(
  range: EventRange,
  [, latestSeq, prunedBefore]: LogRow,
  events: StoredEvent[],
  scannedTo: number,
  hasMore: boolean,
): EventPage {
  const page = { events: Object.freeze(events), scannedTo, hasMore, latestSeq };
  const isPruned = prunedBefore > 1 && (range.descending ? range.before - 1 : range.after + 1) < prunedBefore;
  return Object.freeze(isPruned ? { ...page, pruned: { before: prunedBefore } } : page);
}
