import type { RunId, SessionId } from '../../domain/id.ts';
import type { StoredEvent } from '../../domain/stored-event.ts';

/** The columns of an event, in the order of `EventRow`. */
export const eventColumns = 'seq, position, type, time, payload, run, attempt, provider';

/** One row of `eventColumns`. */
export type EventRow = readonly [
  seq: number,
  position: number,
  type: string,
  time: number,
  payload: string,
  run: RunId | null,
  attempt: number | null,
  provider: string | null,
];

/** The event of a row, which may have more columns: frozen, without the fields that are null. */
export function eventOfRow(sessionId: SessionId, row: readonly [...EventRow, ...unknown[]]): StoredEvent {
  const [seq, position, type, time, payload, runId, attempt, provider] = row;
  // The usual shape in one literal: this runs for every event of every page.
  if (runId !== null && attempt !== null && provider !== null) {
    return Object.freeze({ sessionId, seq, position, type, time, payload, runId, attempt, provider });
  }
  return Object.freeze({
    sessionId,
    seq,
    position,
    type,
    time,
    payload,
    ...(runId === null ? {} : { runId }),
    ...(attempt === null ? {} : { attempt }),
    ...(provider === null ? {} : { provider }),
  });
}
