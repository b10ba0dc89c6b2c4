import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { Change, Committed, LeaseRequest } from '../ports/session-store.ts';
import type { EventLog } from './event-log.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { RunStart } from './prepared-run.ts';
import { commitWithSession, findSession } from './session-change.ts';

/** A run that may start in the same write in which another one ends. */
export interface Successor {
  /** Name of its provider, or router. */
  readonly provider: string;
  readonly takeLease: LeaseRequest;
  /** What its start writes, given the session as the end of `follows` leaves it; throws if it can't start. */
  decide(session: Session, follows: RunId): RunStart;
  /** Both are written; the end is told once they are stored. */
  started(committed: Committed): void;
  /** It was not started: the end was written alone. */
  left(): void;
}

/** Writes the end of `run`, and with it the start of the run that `next` gives, if that can be. */
export async function commitEnd(
  environment: ManagerEnvironment,
  run: Run,
  next: (() => Promise<Successor | undefined>) | undefined,
  end: (session: Session) => Promise<Change>,
): Promise<Committed> {
  const successor = await next?.().catch(() => undefined);
  const both = successor === undefined ? undefined : await writeBoth(environment, run, end, successor);
  if (both !== undefined) {
    successor?.started(both.written);
    return await both.stored;
  }
  successor?.left();
  return await commitWithSession(environment, run.sessionId, end);
}

/** Tried once: whatever keeps the other run from starting must not keep this one from ending. */
async function writeBoth(
  environment: ManagerEnvironment,
  { id, sessionId }: Run,
  end: (session: Session) => Promise<Change>,
  successor: Successor,
): Promise<Awaited<ReturnType<EventLog['write']>> | undefined> {
  const { turns, log } = environment;
  try {
    return await turns.take(sessionId, async () => {
      const session = await findSession(environment, sessionId);
      return await log.write(joinStart(await end(session), session, successor, id));
    });
  } catch {
    return undefined;
  }
}

/** One change of an end and a start; `session` is the row before both. */
function joinStart(end: Change, session: Session, successor: Successor, ending: RunId): Change {
  const ended = end.session !== undefined && 'set' in end.session ? end.session.set : {};
  const start = successor.decide({ ...session, agents: ended.agents ?? session.agents }, ending);
  const started = start.session.set;
  return {
    ...end,
    takeLease: successor.takeLease,
    session: { id: session.id, expectedVersion: session.version, set: { ...ended, ...started } },
    runs: [...(end.runs ?? []), start.write],
    events: [...end.events, ...start.events],
  };
}
