import type { AsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import type { SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { CallOptions, EventQuery } from '../ports/session-store.ts';
import type { FollowQuery, LogPage, WaitOptions } from './event-log.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunOptions } from './run-options.ts';

/** A session, in this process or another. */
export interface SessionHandle {
  readonly id: SessionId;
  /** The session's row as it stands. */
  read(options?: CallOptions): Promise<Session>;
  /**
   * Starts a turn: activates a pending session, starts a run and executes it here. Resolves when
   * `run_started` is stored. Rejects before anything is written for options, providers and states that are not
   * right; what the agent then does wrong is the run's result.
   */
  run<Native extends object = object>(input: RunInput, options?: RunOptions<Native>): Promise<RunHandle>;
  /** The session's runs, newest first; at most 1,000. */
  runs(options?: CallOptions): Promise<readonly Run[]>;
  /** A page of the log; with `wait`, a long poll. */
  events(query?: Omit<EventQuery, 'sessionId'>, options?: WaitOptions): Promise<LogPage>;
  /** The log from a cursor on, as it grows; ends when the session is in a final state and fully read. */
  follow(query?: FollowQuery): AsyncIterable<LogEvent>;
  /** From pending to active, which the first run does by itself. This and the next five throw `invalid_transition`. */
  activate(): Promise<Session>;
  /** Refuses new runs until `resume`; a running one goes on. */
  pause(): Promise<Session>;
  /** From paused to active. */
  resume(): Promise<Session>;
  /** Ends the session well, for good. Throws `invalid_operation` while a run is open. */
  complete(): Promise<Session>;
  /** Ends the session with an error, for good. Cancels the open runs, too, and waits for their ends. */
  fail(error: AsmError): Promise<Session>;
  /** Ends the session for good. Cancels the open runs, too, and waits for their ends. */
  cancel(reason?: string): Promise<Session>;
  /**
   * A new session that goes on from here, or from the event with the number `at`, leaving this one as it
   * is. Its first run takes the agent's own conversation where that ends there, else it is told as text.
   * Throws `invalid_cursor` for an event that is not there.
   */
  fork(options?: { readonly title?: string; readonly at?: number }): Promise<SessionHandle>;
}
