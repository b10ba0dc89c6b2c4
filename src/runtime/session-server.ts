import type { LogEvent, EventType } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { SessionStatus } from '../domain/session.ts';
import type { Interruption } from './control-report.ts';
import type { RunHandle, SteerResult } from '../manager/run-handle.ts';
import type { RunOptions } from '../manager/run-options.ts';
import type { RunResult } from '../manager/run-result.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { openSessionServer } from './session-server-opening.ts';
import { checkServerOptions, type SessionServerOptions } from './session-server-options.ts';

/** How long to wait. */
export interface WaitLimit extends CallOptions {
  /** Milliseconds after which the wait rejects with `timed_out`; what is waited for goes on. Default: none. */
  readonly timeout?: number;
}

/** What a subscriber wants to see. */
export interface SubscribeOptions extends CallOptions {
  /** Only events with a greater `seq`. Default 0: from the beginning of the session. */
  readonly after?: number;
  readonly types?: readonly EventType[];
  readonly runId?: RunId;
}

/** Where a run goes in the queue. */
export type QueuePlace = { readonly before: string } | 'first' | 'last';

/** A session as it is served, read from the store: also what other processes run and queue in it. */
export interface SessionServerStatus {
  readonly sessionId: SessionId;
  readonly session: SessionStatus;
  /** Oldest first. */
  readonly running: readonly Run[];
  /** In the order in which they will start. */
  readonly queued: readonly Run[];
  readonly concurrentRuns: number;
  readonly queuedRuns: number;
  /** Subscriptions of this server that are being read. */
  readonly subscribers: number;
  /** False once the server was closed. */
  readonly open: boolean;
}

/**
 * Serves one session: takes runs into a durable queue and executes them in order. Several servers, in
 * several processes, may serve one session; each run is executed once. What is asked of a run throws `run_not_found` for
 * one that the session doesn't have.
 */
export interface SessionServer extends AsyncDisposable {
  readonly sessionId: SessionId;
  /**
   * Queues a run; resolves when it is stored. Submissions of one server keep the order of the calls. Throws
   * `max_queued_runs_exceeded` when no place is left. With a `key`, a second submission gives the run of
   * the first. Aborting its `signal` cancels the run, also while it waits.
   */
  submitRun<Native extends object = object>(input: RunInput, options?: RunOptions<Native>): Promise<Run>;
  /** Waits for the end of a run of the session, whoever executes it; of an abandoned one that is run again, for that one's. */
  awaitRun(runId: string, options?: WaitLimit): Promise<RunResult>;
  /** `submitRun` and `awaitRun`. */
  executeRun<Native extends object = object>(
    input: RunInput,
    options?: RunOptions<Native>,
    wait?: WaitLimit,
  ): Promise<RunResult>;
  /** Ends a queued or running run; resolves with how it really ended. */
  cancelRun(runId: string, reason?: string, options?: CallOptions): Promise<RunResult>;
  /** Takes a run out of the queue. Throws `invalid_operation` if it waits no more. */
  withdrawRun(runId: string, options?: CallOptions): Promise<RunResult>;
  /**
   * Gives a queued run another place; once that has resolved, this server starts runs in the new order.
   * Throws `invalid_operation` if it, or the run before which it is to go, waits no more.
   */
  moveRun(runId: string, place: QueuePlace, options?: CallOptions): Promise<Run>;
  /** Stops the turn of a running run and keeps the conversation; says what really happened. */
  interruptRun(runId: string, options?: CallOptions): Promise<Interruption>;
  /** Says something to a running agent. */
  steer(runId: string, text: string, options?: CallOptions): Promise<SteerResult>;
  /** The session's events after a cursor, then those to come: each once, in order. Ends with the session or the signal. */
  subscribe(options?: SubscribeOptions): AsyncIterable<LogEvent>;
  /** A handle of a run, for its events and more. */
  getRun(runId: string): Promise<RunHandle>;
  status(options?: CallOptions): Promise<SessionServerStatus>;
  /** Resolves when nothing is queued or running, also of what is submitted meanwhile. */
  drain(options?: WaitLimit): Promise<void>;
  /**
   * Starts nothing more, cancels what this server executes, and resolves when that has ended. The queue
   * stays for the next server. Subscriptions go on until their session or manager ends.
   */
  close(): Promise<void>;
}

/** Serves a session of the manager, which must live longer than the server. */
export async function createSessionServer(
  manager: SessionManager,
  options: SessionServerOptions,
): Promise<SessionServer> {
  checkServerOptions(options);
  return await openSessionServer(manager, options);
}
