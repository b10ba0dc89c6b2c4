import type { DatabaseSync } from 'node:sqlite';

import type { SessionId } from '../../domain/id.ts';
import type { FeedPage } from '../../ports/session-store.ts';
import { encodeFeedCursor } from '../contract/page-cursor.ts';
import type { FeedRange } from '../contract/query-validation.ts';
import { eventFilter } from '../sql/event-filter.ts';
import { eventColumns, eventOfRow, type EventRow } from '../sql/event-row.ts';
import { PreparedQueries, prepareQuery, type Query } from './sqlite-connection.ts';
import { scanWindows } from './window-scan.ts';

type FeedRow = readonly [...EventRow, sessionId: SessionId];
type Attempt = <Result>(read: () => Result) => Promise<Result>;

/**
 * Reads pages of all logs on a connection that only reads. There is one writer at a time and positions
 * are given while it holds the lock, so nothing can come in before what is visible.
 */
export class FeedReader {
  readonly #prepared: PreparedQueries;
  readonly #latest: Query<readonly [position: number | null]>;

  constructor(database: DatabaseSync) {
    this.#prepared = new PreparedQueries(database);
    this.#latest = prepareQuery(database, 'SELECT max(position) FROM events');
  }

  /** `given` is the cursor that was asked with, given back if nothing is new. */
  async page(
    range: FeedRange,
    given: string | undefined,
    attempt: Attempt,
    check: () => void,
  ): Promise<FeedPage> {
    const latest = (await attempt(() => this.#latest.get()))?.[0] ?? 0;
    const filter = eventFilter(range);
    const query = this.#prepared.get<FeedRow>(
      `SELECT ${eventColumns}, (SELECT id FROM sessions WHERE number = session) FROM events
       WHERE position BETWEEN ? AND ?${filter.sql} ORDER BY position LIMIT ?`,
    );
    const found =
      range.types?.size === 0
        ? []
        : await scanWindows(
            { lowest: range.after + 1, highest: latest, descending: false },
            range.limit + 1,
            (lowest, highest, limit) => attempt(() => query.all(lowest, highest, ...filter.values, limit)),
            check,
          );
    const events = found.slice(0, range.limit).map((row) => eventOfRow(row[8], row));
    const next = found[range.limit];
    const scannedTo = Math.max(range.after, next === undefined ? latest : next[1] - 1);
    const cursor = given !== undefined && scannedTo === range.after ? given : encodeFeedCursor(scannedTo);
    return Object.freeze({ events: Object.freeze(events), cursor, hasMore: next !== undefined });
  }
}
