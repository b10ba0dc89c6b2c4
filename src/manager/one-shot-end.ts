import type { EventDraft } from '../domain/event.ts';
import type { RunId } from '../domain/id.ts';
import { canMoveSession, type Session } from '../domain/session.ts';
import type { RowChanges } from '../ports/session-store.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { RunEnd } from './run-end.ts';

/** What ends a session. */
export interface SessionEnd {
  readonly set: RowChanges<Session>;
  readonly event: EventDraft<'session_completed' | 'session_failed'>;
}

/**
 * How the session of a one-off run ends with the run; `undefined` if its caller has ended it already, or
 * has started another run in it.
 */
export async function oneShotEnd(
  { store }: ManagerEnvironment,
  { made, now: session }: { readonly made: Session; readonly now: Session },
  runId: RunId,
  { status, error }: RunEnd,
): Promise<SessionEnd | undefined> {
  const hasFailed = (status === 'failed' || status === 'timed_out') && error !== undefined;
  const to = hasFailed ? 'failed' : 'completed';
  if (!canMoveSession(session.status, to)) return undefined;
  // Who makes another run changes the session's row, too; a rerun takes the place of one for which that was done.
  if (session.version !== made.version) {
    const open = await store.runs({ sessionId: session.id, status: ['pending', 'running'], limit: 2 });
    if (open.rows.some(({ id }) => id !== runId)) return undefined;
  }
  return {
    set: { status: to },
    event: hasFailed ? { type: 'session_failed', data: { error } } : { type: 'session_completed', data: {} },
  };
}
