import { orAborted } from '../domain/abort.ts';
import { AsmError } from '../domain/error.ts';
import type { EventType, LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { follow } from './follow.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { runResult, type RunResult } from './run-result.ts';
import { requestCancel, requestOfRun } from './run-request.ts';

/** What became of a message to a running agent. */
export type SteerResult = { readonly as: 'delivered' } | { readonly as: 'refused'; readonly reason: string };

/**
 * A run, in this process or another: read it, wait for it, and ask things of it. Iterating gives its
 * events from the first on, as often as one likes, and ends after the terminal one.
 */
export interface RunHandle extends AsyncIterable<LogEvent>, AsyncDisposable {
  readonly id: RunId;
  readonly sessionId: SessionId;
  /**
   * How the run ended. A failed run is a result, not a rejection; it rejects only when the store
   * can't be read or the run's end could not be written.
   */
  readonly result: Promise<RunResult>;
  /** The run's row as it stands. */
  read(options?: CallOptions): Promise<Run>;
  /** The run's events after a cursor; ends after the terminal one. */
  events(
    options?: { readonly after?: number; readonly types?: readonly EventType[] } & CallOptions,
  ): AsyncIterable<LogEvent>;
  /** Ends the run; resolves with how it really ended, which may be `completed`. */
  cancel(reason?: string, options?: CallOptions): Promise<RunResult>;
  /** Stops the turn and keeps the conversation; resolves with how the run ended. */
  interrupt(options?: CallOptions): Promise<RunResult>;
  /** Says something to the agent while it works. */
  steer(text: string, options?: CallOptions): Promise<SteerResult>;
}

export interface RunHandleOptions {
  readonly environment: ManagerEnvironment;
  readonly run: Run;
  /** The last row, from the executor in this process; absent for runs of others. */
  readonly finished?: Promise<Run>;
  /** Disposing the handle cancels the run. */
  readonly owned: boolean;
}

export function createRunHandle({ environment, run, finished, owned }: RunHandleOptions): RunHandle {
  const { log, store } = environment;
  const { id, sessionId } = run;
  let result: Promise<RunResult> | undefined;
  const end = async (options: CallOptions = {}): Promise<RunResult> => {
    if (finished === undefined) return runResult(await waitForEnd(environment, run, options));
    return runResult(await orAborted(finished, options.signal));
  };
  const settled = (): Promise<RunResult> => {
    result ??= end();
    result.catch(() => undefined);
    return result;
  };
  let over = false;
  const ended = (): void => void (over = true);
  finished?.then(ended, ended);
  const events: RunHandle['events'] = (options = {}) =>
    follow(log, sessionId, { ...options, runId: id, after: options.after ?? run.logStart });
  return {
    id,
    sessionId,
    get result() {
      return settled();
    },
    read: async (options = {}) => {
      const row = await store.run(id, options);
      if (row === undefined) throw new AsmError('run_not_found', `There is no run ${id} in this store.`);
      return row;
    },
    events,
    cancel: async (reason, options = {}) => {
      await requestCancel(environment, run, reason);
      return await end(options);
    },
    interrupt: async (options = {}) => {
      const answer = await requestOfRun(
        environment,
        run,
        (requestId) => ({ type: 'run_interrupt_requested', data: { requestId } }),
        options,
      );
      if (answer.type === 'run_interrupted' && answer.data.as === 'refused') {
        throw new AsmError(
          'capability_not_supported',
          answer.data.reason ?? 'The run could not be interrupted.',
        );
      }
      return await end(options);
    },
    steer: async (text, options = {}) => {
      if (text.trim() === '') throw new AsmError('invalid_input', 'The message is empty.');
      const answer = await requestOfRun(
        environment,
        run,
        (requestId) => ({
          type: 'run_steer_requested',
          data: { requestId, message: { role: 'user', text } },
        }),
        options,
      );
      if (answer.type === 'run_steered' && answer.data.as === 'delivered') return { as: 'delivered' };
      const reason = answer.type === 'run_steered' ? answer.data.reason : undefined;
      return { as: 'refused', reason: reason ?? 'The run has ended.' };
    },
    [Symbol.asyncIterator]: () => events()[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => {
      // Over is over, also when the store is closed by now.
      if (!owned || over) return;
      const row = await store.run(id);
      if (row === undefined || isTerminalRun(row.status)) return;
      await requestCancel(environment, run, 'The handle of the run was disposed.');
      await end();
    },
  };
}

/** The run's row once it has ended, also when another process executes it. */
async function waitForEnd(environment: ManagerEnvironment, run: Run, options: CallOptions): Promise<Run> {
  const terminal = follow(environment.log, run.sessionId, {
    ...options,
    runId: run.id,
    after: run.logStart,
    types: [],
  });
  for await (const _event of terminal);
  const row = await environment.store.run(run.id, options);
  if (row === undefined) throw new AsmError('run_not_found', `There is no run ${run.id} in this store.`);
  return row;
}
