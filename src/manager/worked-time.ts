import { announcedDelay } from '../domain/announced-delay.ts';
import type { EventDraft } from '../domain/event.ts';

/**
 * Sums up, from the events of a run, how long it worked: while nobody waited for a person. Where an event tells
 * that, its word counts; from there on the times of the events do, which follow whoever sets the system's clock.
 */
export class WorkedTime {
  readonly #open = new Set<string>();
  #last: number | undefined;
  #milliseconds = 0;
  #quota = 0;
  /** The longest that a wait for a quota, which has just begun, is to take. */
  #quotaDelay = 0;

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** The part of it in which the run waited for a quota. */
  get quotaMilliseconds(): number {
    return this.#quota;
  }

  /** `at` is the wall time of the event, in milliseconds. */
  see({ type, data }: EventDraft, at: number): void {
    // Nothing worked between the last event and a beginning.
    const isBeginning = type === 'run_started' || type === 'run_resumed';
    if (isBeginning) this.#open.clear();
    else if (this.#open.size === 0) this.#add(Math.max(0, at - (this.#last ?? at)));
    this.#quotaDelay = 0;
    this.#last = at;
    switch (type) {
      case 'attempt_failed':
        if (data.error.provider?.retryAt !== undefined) this.#quotaDelay = announcedDelay(data.delay);
        return;
      case 'tool_call_decided':
        this.#milliseconds = data.workedMs ?? this.#milliseconds;
        return;
      case 'tool_approval_requested':
        this.#milliseconds = data.workedMs ?? this.#milliseconds;
        this.#open.add(data.approvalId);
        return;
      case 'tool_approval_granted':
      case 'tool_approval_denied':
      case 'tool_approval_expired':
      case 'tool_approval_withdrawn':
        this.#open.delete(data.approvalId);
        return;
      default:
    }
  }

  #add(milliseconds: number): void {
    this.#milliseconds += milliseconds;
    this.#quota += Math.min(milliseconds, this.#quotaDelay);
  }
}
