import { partsOf, type ManagerParts } from '../manager/manager-parts.ts';
import { findSession } from '../manager/session-change.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { SessionId } from '../domain/id.ts';
import { openRuns } from './open-runs.ts';
import { ServedSession } from './served-session.ts';
import type { SessionServer } from './session-server.ts';
import type { SessionServerOptions } from './session-server-options.ts';
import { SessionView } from './session-view.ts';

/** Makes or finds the session, takes its place in the limiter, and begins to serve it. */
export async function openSessionServer(
  manager: SessionManager,
  options: SessionServerOptions,
): Promise<SessionServer> {
  const parts = partsOf(manager);
  const { session, limiter, limiterDeadline: deadline, signal } = options;
  const slot = await limiter?.acquireSession({
    ...(deadline === undefined ? {} : { deadline }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const { id } =
      typeof session === 'string' ? await manager.getSession(session) : await manager.createSession(session);
    const { view, latestSeq } = await viewSession(parts, id);
    return new ServedSession({ manager, parts, sessionId: id, options, slot }, view, latestSeq);
  } catch (thrown) {
    slot?.release();
    throw thrown;
  }
}

/** The session as it is now, and where its log goes on from that. */
async function viewSession(
  { environment }: ManagerParts,
  sessionId: SessionId,
): Promise<{ readonly view: SessionView; readonly latestSeq: number }> {
  // The log's end first: what is written while the rows are read is then told once more.
  const { latestSeq } = await environment.log.page({ sessionId, limit: 1, order: 'descending' });
  const session = await findSession(environment, sessionId);
  const runs = await openRuns(environment.store, sessionId);
  return { view: new SessionView(session.status, runs, latestSeq), latestSeq };
}
