import type { StoredEvent } from '../../domain/stored-event.ts';
import type { EventPage, FeedPage } from '../../ports/session-store.ts';
import { encodeFeedCursor } from '../contract/page-cursor.ts';
import { endOfRange, type EventRange, type FeedRange } from '../contract/query-validation.ts';
import type { CommitOrder } from './commit-order.ts';
import type { EventLog } from './event-log.ts';

/** So many events one call looks at: a rare type must not hold the thread for a whole log. */
const longestScan = 10_000;

/** A page of one log. It may hold fewer events than match, then with `hasMore`. */
export function readEventPage(log: EventLog, range: EventRange): EventPage {
  const latestSeq = log.latestSeq;
  const events: StoredEvent[] = [];
  const stoppedAt = range.types?.size === 0 ? undefined : collect(log, range, events);
  return Object.freeze({
    events: Object.freeze(events),
    scannedTo: stoppedAt ?? endOfRange(range, latestSeq),
    hasMore: stoppedAt !== undefined,
    latestSeq,
  });
}

/** Fills `events`; gives the last number that was looked at if it stopped before the range's end. */
function collect(log: EventLog, range: EventRange, events: StoredEvent[]): number | undefined {
  const lowest = range.after + 1;
  const highest = Math.min(range.before - 1, log.latestSeq);
  const step = range.descending ? -1 : 1;
  let looked = 0;
  for (let seq = range.descending ? highest : lowest; seq >= lowest && seq <= highest; seq += step) {
    if (looked++ === longestScan) return seq - step;
    if (!log.matches(seq, range)) continue;
    if (events.length === range.limit) return seq - step;
    events.push(log.event(seq));
  }
  return undefined;
}

/** A page of all logs. `given` is the cursor that was asked with, given back if nothing is new. */
export function readFeedPage(order: CommitOrder, range: FeedRange, given: string | undefined): FeedPage {
  const events: StoredEvent[] = [];
  const none = range.types?.size === 0;
  let scannedTo = none ? Math.max(range.after, order.latestPosition) : range.after;
  let hasMore = false;
  for (let position = scannedTo + 1; position <= order.latestPosition; position++) {
    const { log, seq } = order.at(position);
    const matches = log.matches(seq, range);
    hasMore = position - range.after > longestScan || (matches && events.length === range.limit);
    if (hasMore) break;
    if (matches) events.push(log.event(seq));
    scannedTo = position;
  }
  const cursor = given !== undefined && scannedTo === range.after ? given : encodeFeedCursor(scannedTo);
  return Object.freeze({ events: Object.freeze(events), cursor, hasMore });
}
