import type { SessionId } from '../domain/id.ts';
import type { ManagerEnvironment } from '../manager/manager-environment.ts';
import { findSession } from '../manager/session-change.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { openRuns } from './open-runs.ts';
import { queuedRuns } from './queue-move.ts';
import type { SessionServerStatus } from './session-server.ts';

/** A session with what runs and what is queued in it, whoever serves it, as the store has them now. */
export async function readOpenRuns(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  options: CallOptions,
): Promise<Pick<SessionServerStatus, 'sessionId' | 'session' | 'running' | 'queued'>> {
  const session = await findSession(environment, sessionId);
  const runs = await openRuns(environment.store, sessionId, options);
  return {
    sessionId,
    session: session.status,
    running: runs.filter((run) => run.status === 'running').toReversed(),
    queued: queuedRuns(runs),
  };
}
