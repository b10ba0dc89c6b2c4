import type { SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { CallOptions, SessionStore } from '../ports/session-store.ts';
import { openRuns } from './open-runs.ts';
import { queuedRuns } from './queue-move.ts';

/** A run that runs, or waits in the queue of its session. */
export interface QueueEntry {
  readonly run: Run;
  /** Its place in the queue of its session, from 1; absent for one that runs. */
  readonly place?: number;
  /** Milliseconds that it has waited for its start. */
  readonly waited: number;
}

/**
 * What runs and what is queued in a session, or in all: session by session, those that run first, then the
 * others in the order in which they will start. Sessions are in the order of their oldest such run.
 */
export async function listQueue(
  store: SessionStore,
  sessionId: SessionId | undefined,
  now: number,
  options: CallOptions = {},
): Promise<readonly QueueEntry[]> {
  const runs = (await openRuns(store, sessionId, options)).toReversed();
  const bySession = Map.groupBy(runs, (run) => run.sessionId);
  return [...bySession.values()].flatMap((open) => [
    ...open
      .filter(({ status }) => status === 'running')
      .map((run) => ({ run, waited: Math.max(0, (run.startedAt ?? now) - run.createdAt) })),
    ...queuedRuns(open).map((run, index) => ({
      ...{ run, place: index + 1 },
      waited: Math.max(0, now - run.createdAt),
    })),
  ]);
}
