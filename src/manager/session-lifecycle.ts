import { asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { assertSessionMove, type Session, type SessionStatus } from '../domain/session.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { cancelRun } from './run-request.ts';
import { commitWithSession } from './session-change.ts';
import { tellSessionEnded } from './session-end.ts';

/**
 * Moves a session to another state, with the event that says so. Throws `invalid_transition` unless
 * it may move there, and is in state `from` where that is given.
 */
export async function moveSession(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  to: SessionStatus,
  draft: EventDraft,
  from?: SessionStatus,
): Promise<Session> {
  const { clock, encoder } = environment;
  const set = { status: to, updatedAt: clock.now() };
  const { session } = await commitWithSession(environment, sessionId, (current) => {
    assertSessionMove(current, to);
    if (from !== undefined && current.status !== from) {
      throw new AsmError('invalid_transition', `Session ${sessionId} is ${current.status}, not ${from}.`);
    }
    return {
      sessionId,
      session: { id: sessionId, expectedVersion: current.version, set },
      events: [encoder.encode(draft, {})],
    };
  });
  return { ...session, ...set, version: session.version + 1 };
}

/** Ends a session well. Throws `invalid_operation` while a run of it is open. */
export async function completeSession(
  environment: ManagerEnvironment,
  sessionId: SessionId,
): Promise<Session> {
  const { clock, encoder } = environment;
  const set = { status: 'completed', updatedAt: clock.now() } as const;
  // A run that starts after we looked raises the version that we commit with: then we look again.
  const { session } = await commitWithSession(environment, sessionId, async (before) => {
    assertSessionMove(before, 'completed');
    const [open] = await openRuns(environment, sessionId, 1);
    if (open !== undefined) {
      throw new AsmError(
        'invalid_operation',
        `Session ${sessionId} can't be completed: run ${open.id} is ${open.status}. Wait for it or cancel it.`,
        {
          details: { sessionId, runId: open.id },
        },
      );
    }
    return {
      sessionId,
      session: { id: sessionId, expectedVersion: before.version, set },
      events: [encoder.encode({ type: 'session_completed', data: {} }, {})],
    };
  });
  await tellSessionEnded(environment, sessionId);
  return { ...session, ...set, version: session.version + 1 };
}

/** Ends a session for good and cancels its open runs; resolves when they have ended. */
export async function cancelSession(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  reason: string | undefined,
): Promise<Session> {
  const data = reason === undefined ? {} : { reason };
  const session = await moveSession(environment, sessionId, 'cancelled', { type: 'session_cancelled', data });
  await endRuns(environment, sessionId, reason ?? 'The session was cancelled.');
  return session;
}

/** Ends a session as failed, with the error that made it so, and cancels its open runs. */
export async function failSession(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  error: AsmError,
): Promise<Session> {
  const session = await moveSession(environment, sessionId, 'failed', {
    type: 'session_failed',
    data: { error: asAsmError(error).toJSON() },
  });
  await endRuns(environment, sessionId, 'The session failed.');
  return session;
}

async function endRuns(environment: ManagerEnvironment, sessionId: SessionId, reason: string): Promise<void> {
  for (;;) {
    const open = await openRuns(environment, sessionId, 100);
    if (open.length === 0) return await tellSessionEnded(environment, sessionId);
    await Promise.all(open.map((run) => cancelRun(environment, run, reason)));
  }
}

async function openRuns(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  limit: number,
): Promise<readonly Run[]> {
  const page = await environment.store.runs({ sessionId, status: ['pending', 'running'], limit });
  return page.rows;
}
