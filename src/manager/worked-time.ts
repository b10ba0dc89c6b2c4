import type { EventDraft } from '../domain/event.ts';

/** Sums up, from the events of a run and their times, how long it worked: while nobody waited for a person. */
export class WorkedTime {
  readonly #open = new Set<string>();
  #last: number | undefined;
  #milliseconds = 0;

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** `at` is the wall time of the event, in milliseconds. */
  see({ type, data }: EventDraft, at: number): void {
    // Nothing worked between the last event and a beginning.
    const isBeginning = type === 'run_started' || type === 'run_resumed';
    if (isBeginning) this.#open.clear();
    else if (this.#open.size === 0) this.#milliseconds += Math.max(0, at - (this.#last ?? at));
    this.#last = at;
    switch (type) {
      case 'tool_approval_requested':
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
}
