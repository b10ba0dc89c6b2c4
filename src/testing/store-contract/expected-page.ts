import assert from 'node:assert/strict';

import type { StoredEvent } from '../../domain/stored-event.ts';
import type { EventPage, EventQuery } from '../../ports/session-store.ts';

/**
 * Fails unless the page is what filtering the whole log gives, for logs of up to 1,000 events:
 * those every store looks through in one call, so that `hasMore` has to be exact.
 */
export function assertPage(page: EventPage, log: readonly StoredEvent[], query: EventQuery): void {
  const { after = 0, before = Infinity, order = 'ascending', limit = 100, types, runId, since } = query;
  const what = JSON.stringify(query);
  const matching = log.filter(
    (event) =>
      event.seq > after &&
      event.seq < before &&
      (types === undefined || types.some((type) => type === event.type)) &&
      (runId === undefined || event.runId === runId) &&
      (since === undefined || event.time >= since),
  );
  if (order === 'descending') matching.reverse();
  assert.deepEqual(page.events, matching.slice(0, limit), `the events of ${what}`);
  assert.equal(page.hasMore, matching.length > limit, `hasMore of ${what}`);
  assert.equal(page.latestSeq, log.length, `latestSeq of ${what}`);
  assert.equal(page.pruned, undefined, `pruned of ${what}`);

  const last = page.events.at(-1)?.seq;
  const next = matching[limit]?.seq;
  if (last === undefined || next === undefined) {
    const end =
      order === 'ascending' ? Math.max(after, Math.min(before - 1, log.length)) : Math.min(before, after + 1);
    assert.equal(page.scannedTo, end, `scannedTo of ${what}, whose range was looked at to its end`);
    return;
  }
  const [low, high] = order === 'ascending' ? [last, next - 1] : [next + 1, last];
  assert.ok(
    page.scannedTo >= low && page.scannedTo <= high,
    `scannedTo of ${what} is ${page.scannedTo}: it should skip nothing that was not given and repeat nothing (${low} to ${high})`,
  );
}
