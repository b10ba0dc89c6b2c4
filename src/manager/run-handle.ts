import { orAborted } from '../domain/abort.ts';
import { AsmError } from '../domain/error.ts';
import type { EventType, LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { follow } from './follow.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { runResult, type RunResult } from './run-result.ts';
import { asked, cancelRun, requestOfRun, type RequestOptions } from './run-request.ts';
import { findRun, waitForEnd } from './run-wait.ts';

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
  /**
   * Ends the run; resolves with how it really ended, which may be `completed`. Aborting the signal ends the wait, not
   * the request.
   */
  cancel(reason?: string, options?: RequestOptions): Promise<RunResult>;
  /**
   * Stops the turn and keeps the conversation; resolves with how the run ended. Throws `capability_not_supported`
   * where the agent can't be interrupted.
   */
  interrupt(options?: RequestOptions): Promise<RunResult>;
  /**
   * Says something to the agent while it works: at most 131,072 characters. Throws `invalid_operation` for a text
   * with a secret when another manager executes the run: it goes there through the store, which has no secrets.
   */
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

/** In UTF-16 units: the log, through which messages reach the run, would cut a longer one. */
const longestSteering = 131_072;

export function createRunHandle({ environment, run, finished, owned }: RunHandleOptions): RunHandle {
  const { log } = environment;
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
    read: (options = {}) => findRun(environment, id, options),
    events,
    cancel: async (reason, options = {}) =>
      runResult(await cancelRun(environment, run, reason, options, finished)),
    interrupt: async (options = {}) => {
      const answer = await requestOfRun(
        environment,
        run,
        (requestId) => ({ type: 'run_interrupt_requested', data: { requestId, ...asked(options) } }),
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
      if (text.length > longestSteering) {
        throw new AsmError(
          'invalid_input',
          `The message has ${text.length} characters; at most ${longestSteering} can be said to a working agent.`,
        );
      }
      const answer = await requestOfRun(
        environment,
        run,
        (requestId) => {
          const isStored = environment.redactor.text(text).text === text;
          if (!isStored && !environment.steeringTexts.keep(id, requestId, text)) throw wouldBeRedacted(id);
          return { type: 'run_steer_requested', data: { requestId, message: { role: 'user', text } } };
        },
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
      await cancelRun(environment, run, 'The handle of the run was disposed.', {}, finished);
    },
  };
}

function wouldBeRedacted(runId: RunId): AsmError {
  return new AsmError(
    'invalid_operation',
    `The message holds what looks like a secret, which is not stored, and run ${runId} is executed elsewhere. Say it where the run is executed, or leave the secret out.`,
    { details: { runId } },
  );
}
