import type { EventType, LogEvent } from '../domain/event.ts';
import { isTerminalRunEvent } from '../domain/event.ts';
import { brandId, type RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { isTerminalSession, type SessionStatus } from '../domain/session.ts';
import { RunQueue } from './run-queue.ts';

/** The events that change what a session server has to know. */
export const viewedEvents = [
  'session_activated',
  'session_paused',
  'session_resumed',
  'session_completed',
  'session_failed',
  'session_cancelled',
  'run_queued',
  'run_moved',
  'run_started',
  'run_completed',
  'run_failed',
  'run_cancelled',
  'run_timed_out',
] as const satisfies readonly EventType[];

/**
 * What is queued and what runs in a session, whoever queued and runs it: the rows at one moment, and
 * every event since.
 */
export class SessionView {
  readonly queue = new RunQueue();
  readonly #running = new Set<RunId>();
  #status: SessionStatus;
  #seq: number;

  /** The open runs, newest first, as they were after the event of this number or later. */
  constructor(status: SessionStatus, openRuns: readonly Run[], seq: number) {
    this.#status = status;
    this.#seq = seq;
    for (const run of openRuns.toReversed()) {
      if (run.status === 'running') this.#running.add(run.id);
      else if (run.queuePosition !== undefined) this.queue.put(run.id, run.queuePosition);
    }
  }

  /** In the order of their starts. */
  get running(): ReadonlySet<RunId> {
    return this.#running;
  }

  /** True while queued runs may start. */
  get startsRuns(): boolean {
    return this.#status === 'active' || this.#status === 'pending';
  }

  get isOver(): boolean {
    return isTerminalSession(this.#status);
  }

  /** Number of the newest event that was taken in. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes the next event of the log in. */
  take(event: LogEvent): void {
    this.#seq = event.seq;
    this.#status = statusAfter(event) ?? this.#status;
    if (event.runId === undefined) return;
    const runId = brandId('run', event.runId);
    if (event.type === 'run_queued') this.queue.put(runId, event.data.position);
    if (event.type === 'run_moved' && this.queue.has(runId)) this.queue.put(runId, event.data.position);
    if (event.type === 'run_started') {
      this.queue.remove(runId);
      this.#running.add(runId);
    }
    if (isTerminalRunEvent(event)) {
      this.queue.remove(runId);
      this.#running.delete(runId);
    }
  }
}

function statusAfter({ type }: LogEvent): SessionStatus | undefined {
  switch (type) {
    case 'session_activated':
    case 'session_resumed':
      return 'active';
    case 'session_paused':
      return 'paused';
    case 'session_completed':
      return 'completed';
    case 'session_failed':
      return 'failed';
    case 'session_cancelled':
      return 'cancelled';
    default:
      return undefined;
  }
}
