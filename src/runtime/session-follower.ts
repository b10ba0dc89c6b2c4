import { hasErrorCode } from '../domain/error.ts';
import type { Clock } from '../domain/clock.ts';
import type { LogEvent } from '../domain/event.ts';
import type { SessionId } from '../domain/id.ts';
import { pause } from '../domain/pause.ts';
import type { EventLog } from '../manager/event-log.ts';
import { follow } from '../manager/follow.ts';
import { viewedEvents } from './session-view.ts';

/** Milliseconds until the log is read again after the store failed. */
const retryDelay = 1_000;

/**
 * Gives a session server every event that it has to know of, from whoever wrote it, until the signal aborts
 * or the session has ended. `closed`: the manager is closed, and nobody will come to close the server.
 */
export async function followSession(
  from: {
    readonly log: EventLog;
    readonly clock: Clock;
    readonly sessionId: SessionId;
    readonly signal: AbortSignal;
  },
  to: { readonly take: (event: LogEvent) => void; readonly closed: () => void },
  after: number,
): Promise<void> {
  const { log, clock, sessionId, signal } = from;
  let seen = after;
  while (!signal.aborted) {
    try {
      for await (const event of follow(log, sessionId, { after: seen, types: viewedEvents, signal })) {
        seen = event.seq;
        to.take(event);
      }
      return;
    } catch (thrown) {
      if (hasErrorCode(thrown, 'store_closed')) return to.closed();
      // Aborted, or the store can't be read now.
      await pause(retryDelay, signal, clock);
    }
  }
}
