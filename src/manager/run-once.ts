import type { LogEvent } from '../domain/event.ts';
import type { RunInput } from '../domain/message.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { SessionOptions } from './manager-options.ts';
import { endOneShot, startOneShot } from './one-shot-session.ts';
import type { RunOperations } from './run-operations.ts';
import type { RunOptions } from './run-options.ts';
import type { RunResult } from './run-result.ts';
import { createSession } from './session-creation.ts';
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
  const sessionId = await createSession(environment, {
    ...session,
    ...(typeof options.provider === 'string' ? { provider: options.provider } : {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const handle = createSessionHandle(environment, operations, sessionId);
  await using run = await startOneShot(handle, (made) => made.run<Native>(input, runOptions));
  if (onEvent !== undefined) await showEvents(run, onEvent);
  const result = await run.result;
  await endOneShot(handle, result);
  return result;
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
