import { isTerminalSession, assertSessionTakesRuns, type Session } from '../domain/session.ts';
import type { SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { Committed } from '../ports/session-store.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { encodeCreated } from './run-start.ts';
import { commitWithSession } from './session-change.ts';

/** Throws `invalid_transition` for a session that has ended; a pending or paused one may have a queue. */
export function assertSessionTakesQueue(session: Session): void {
  if (isTerminalSession(session.status)) assertSessionTakesRuns(session);
}

/** Writes pending runs that wait in the session's queue, all of them or none. */
export async function writeQueued(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  runs: readonly Run[],
): Promise<Committed> {
  const { clock } = environment;
  return await commitWithSession(environment, sessionId, (session) => {
    assertSessionTakesQueue(session);
    const set = { updatedAt: clock.now() };
    return {
      sessionId,
      session: { id: sessionId, expectedVersion: session.version, set },
      runs: runs.map((create) => ({ create })),
      events: runs.flatMap((run) => encodeQueued(environment, run)),
    };
  });
}

/** The events of a run that is made to wait in its session's queue. */
export function encodeQueued(environment: ManagerEnvironment, run: Run): readonly NewEvent[] {
  const position = run.queuePosition ?? 0;
  const origin = { runId: run.id, provider: run.provider };
  return [
    encodeCreated(environment, run),
    environment.encoder.encode({ type: 'run_queued', data: { position } }, origin),
  ];
}
