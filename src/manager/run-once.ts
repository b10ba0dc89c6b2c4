import { asAsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import type { RunInput } from '../domain/message.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { SessionOptions } from './manager-options.ts';
import { endOneShot } from './one-shot-session.ts';
import type { RunOperations } from './run-operations.ts';
import type { RunOptions } from './run-options.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunResult } from './run-result.ts';
import { newSession, type NewSession } from './session-creation.ts';
import type { SessionHandle } from './session-handle.ts';
import { createSessionHandle } from './session-operations.ts';

/** Options of a one-off run: those of the run, and those of the session that is made for it. */
export type RunOnceOptions<Native extends object = object> = RunOptions<Native> & {
  readonly session?: Omit<SessionOptions, 'provider' | 'cwd'>;
  /** Called with each event as it is stored, and not waited for. What it throws or rejects with is ignored. */
  readonly onEvent?: (event: LogEvent) => void;
};

/** Makes a session, runs once in it, and ends it as the run ended. */
export async function runOnce<Native extends object>(
  environment: ManagerEnvironment,
  operations: RunOperations,
  input: RunInput,
  options: RunOnceOptions<Native>,
): Promise<RunResult> {
  const { session, onEvent, ...runOptions } = options;
  const oneShot = newSession(environment, {
    ...session,
    ...(typeof options.provider === 'string' ? { provider: options.provider } : {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const handle = createSessionHandle(environment, operations, oneShot.session.id);
  await using run = await startFirst(environment, handle, oneShot, () =>
    operations.runOnce<Native>(oneShot, input, runOptions),
  );
  if (onEvent !== undefined) await showEvents(run, onEvent);
  const result = await run.result;
  await endOneShot(handle, result);
  return result;
}

/** Starts the run; if that can't be, a session that failed with the reason is left to tell of it. */
async function startFirst(
  environment: ManagerEnvironment,
  handle: SessionHandle,
  { session, event }: NewSession,
  start: () => Promise<RunHandle>,
): Promise<RunHandle> {
  try {
    return await start();
  } catch (thrown) {
    const error = asAsmError(thrown);
    // A session of that id is somebody else's.
    if (error.code === 'already_exists') throw error;
    const change = { sessionId: session.id, session: { create: session }, events: [event] };
    // What keeps us from that is the same, or comes after it: the first reason is the caller's.
    await environment.log
      .commit(change)
      .then(() => handle.fail(error))
      .catch(() => undefined);
    throw thrown;
  }
}

async function showEvents(
  events: AsyncIterable<LogEvent>,
  onEvent: (event: LogEvent) => void,
): Promise<void> {
  for await (const event of events) {
    try {
      const returned: unknown = onEvent(event);
      if (returned instanceof Promise) returned.catch(() => undefined);
    } catch {
      // A broken observer must not harm the run; what it throws is its own to report.
    }
  }
}
