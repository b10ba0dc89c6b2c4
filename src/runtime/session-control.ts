import { runIdOf, sessionIdOf } from '../manager/given-id.ts';
import { AsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { isTerminalRun } from '../domain/run.ts';
import { isTerminalSession } from '../domain/session.ts';
import { partsOf, type ManagerParts } from '../manager/manager-parts.ts';
import { asked, type RequestOptions } from '../manager/run-request.ts';
import { findSession } from '../manager/session-change.ts';
import { moveSession } from '../manager/session-lifecycle.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import { readControlHistory, type ControlHistory, type ControlHistoryQuery } from './control-history.ts';
import type {
  Cancellation,
  Interruption,
  RunInterruption,
  SessionPause,
  SessionResumption,
} from './control-report.ts';
import { interruptRun } from './interruption.ts';
import { openRuns } from './open-runs.ts';

export interface SessionControlOptions {
  /** Who asks, for the log, unless a call says otherwise: at most 200 characters. */
  readonly by?: string;
}

/**
 * Acts on sessions and runs of a store, whoever executes them, in this process or another. Each
 * operation tells what really happened, once it has happened; its signal ends only the wait.
 */
export interface SessionControl {
  /** Stops the turn of a running run and keeps the conversation. Throws `run_not_found`. */
  interrupt(runId: string, options?: RequestOptions): Promise<Interruption>;
  /** Ends a queued, pending or running run. Throws `run_not_found`. */
  cancel(runId: string, reason?: string, options?: RequestOptions): Promise<Cancellation>;
  /** Interrupts all runs of the session that are running now, oldest first. Throws `session_not_found`. */
  interruptSession(sessionId: string, options?: RequestOptions): Promise<readonly RunInterruption[]>;
  /**
   * Lets no queued or new run of the session start, in any process. Those that run go on, unless they
   * are to be interrupted. Throws `session_not_found`.
   */
  pause(
    sessionId: string,
    options?: RequestOptions & { /** Default false. */ readonly interruptRunning?: boolean },
  ): Promise<SessionPause>;
  /** Lets runs of a paused session start again. Throws `session_not_found`. */
  resume(sessionId: string, options?: RequestOptions): Promise<SessionResumption>;
  /** What was asked of a session and its runs: by whom, when, and what it came to. From the log, oldest first. */
  history(sessionId: string, query?: ControlHistoryQuery): Promise<ControlHistory>;
}

/** Control over the sessions of the manager's store. It holds nothing, and needs no closing. */
export function createSessionControl(
  manager: SessionManager,
  { by }: SessionControlOptions = {},
): SessionControl {
  const parts = partsOf(manager);
  const { environment } = parts;
  asked(by === undefined ? {} : { by });
  const from = (options: RequestOptions = {}): RequestOptions =>
    by === undefined ? options : { by, ...options };
  return {
    interrupt: async (runId, options) => await interruptRun(parts, runIdOf(runId), from(options)),
    cancel: async (runId, reason, options) => await cancel(parts, runIdOf(runId), reason, from(options)),
    interruptSession: async (sessionId, options) =>
      await interruptAll(parts, sessionIdOf(sessionId), from(options)),
    pause: async (sessionId, { interruptRunning = false, ...options } = {}) =>
      await pause(parts, sessionIdOf(sessionId), interruptRunning, from(options)),
    resume: async (sessionId, options) => await resume(parts, sessionIdOf(sessionId), from(options)),
    history: async (sessionId, query) =>
      await readControlHistory(environment.log, sessionIdOf(sessionId), query),
  };
}

async function cancel(
  { operations }: ManagerParts,
  runId: RunId,
  reason: string | undefined,
  options: RequestOptions,
): Promise<Cancellation> {
  const run = await operations.find(runId);
  const before = await run.read(options);
  const result = await run.cancel(reason, options);
  if (isTerminalRun(before.status) || result.status !== 'cancelled') return { as: 'too_late', result };
  const { startedAt } = await run.read(options);
  return { as: startedAt === undefined ? 'withdrawn' : 'cancelled', result };
}

async function interruptAll(
  parts: ManagerParts,
  sessionId: SessionId,
  options: RequestOptions,
): Promise<readonly RunInterruption[]> {
  await findSession(parts.environment, sessionId);
  const open = await openRuns(parts.environment.store, sessionId, options);
  const running = open.filter((run) => run.status === 'running').toReversed();
  return await Promise.all(
    running.map(async ({ id }) => ({ runId: id, interruption: await interruptRun(parts, id, options) })),
  );
}

async function pause(
  parts: ManagerParts,
  sessionId: SessionId,
  interrupts: boolean,
  options: RequestOptions,
): Promise<SessionPause> {
  const { environment } = parts;
  const interrupted = (): Promise<readonly RunInterruption[]> =>
    interrupts ? interruptAll(parts, sessionId, options) : Promise.resolve([]);
  const draft = { type: 'session_paused', data: asked(options) } as const;
  try {
    const session = await moveSession(environment, sessionId, 'paused', draft, 'active');
    return { as: 'paused', session, interrupted: await interrupted() };
  } catch (thrown) {
    if (!isRefusedMove(thrown)) throw thrown;
    const session = await findSession(environment, sessionId);
    if (session.status === 'paused') return { as: 'already', session, interrupted: await interrupted() };
    return { as: 'refused', session, reason: thrown.message };
  }
}

async function resume(
  { environment }: ManagerParts,
  sessionId: SessionId,
  options: RequestOptions,
): Promise<SessionResumption> {
  const draft = { type: 'session_resumed', data: asked(options) } as const;
  try {
    return { as: 'resumed', session: await moveSession(environment, sessionId, 'active', draft, 'paused') };
  } catch (thrown) {
    if (!isRefusedMove(thrown)) throw thrown;
    const session = await findSession(environment, sessionId);
    return isTerminalSession(session.status)
      ? { as: 'refused', session, reason: thrown.message }
      : { as: 'already', session };
  }
}

function isRefusedMove(thrown: unknown): thrown is AsmError {
  return thrown instanceof AsmError && thrown.code === 'invalid_transition';
}
