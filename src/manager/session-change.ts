import { AsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import type { Session } from '../domain/session.ts';
import type { Change, Committed } from '../ports/session-store.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { untilUndisputed } from './undisputed.ts';

/** The session's row. Throws `session_not_found`. */
export async function findSession(environment: ManagerEnvironment, id: SessionId): Promise<Session> {
  const session = await environment.store.session(id);
  if (session === undefined) {
    throw new AsmError('session_not_found', `There is no session ${id} in this store.`, {
      details: { sessionId: id },
    });
  }
  return session;
}

/**
 * Reads the session, lets a decision make a change of it, and commits that; when another process
 * changed the row meanwhile, reads and decides again.
 */
export async function commitWithSession(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  decide: (session: Session) => Change | Promise<Change>,
): Promise<Committed & { readonly session: Session }> {
  return await environment.turns.take(
    sessionId,
    async () =>
      await untilUndisputed(async () => {
        const session = await findSession(environment, sessionId);
        return { ...(await environment.log.commit(await decide(session))), session };
      }),
  );
}
