import { callStep, type BegunCall, type CallOutcome, type CallStep } from './call-step.ts';

/** Calls of one agent that are open or wait for an earlier one, at most. */
const mostKept = 64;
/** Calls that may have ended before an earlier one is no longer waited for. */
const mostWaiting = 8;

interface KeptCall {
  call: BegunCall;
  step?: CallStep;
}

/**
 * Puts the calls of one agent into the order in which they began: of calls that run side by side it is chance
 * which ends first. A call that outlasts several later ones is left out.
 */
export class CallOrder {
  readonly #calls = new Map<string, KeptCall>();

  begin(call: BegunCall): void {
    this.#calls.set(call.toolCallId, { call });
    if (this.#calls.size <= mostKept) return;
    for (const id of this.#calls.keys()) {
      this.#calls.delete(id);
      return;
    }
  }

  /** Calls that are kept. */
  get size(): number {
    return this.#calls.size;
  }

  has(toolCallId: string): boolean {
    return this.#calls.has(toolCallId);
  }

  /** The call is known better now. */
  refine(call: BegunCall): void {
    const kept = this.#calls.get(call.toolCallId);
    if (kept !== undefined) kept.call = call;
  }

  /** Gives the steps that are next in order, now that the call has ended; without an outcome it was none. */
  end(toolCallId: string, outcome: CallOutcome | undefined): readonly CallStep[] {
    const kept = this.#calls.get(toolCallId);
    if (kept === undefined) return [];
    if (outcome === undefined) this.#calls.delete(toolCallId);
    else kept.step ??= callStep(kept.call, outcome);
    return this.#takeNext();
  }

  /** Forgets the calls that have not ended, but one. */
  leaveOpen(but: string | undefined): void {
    for (const [id, { step }] of this.#calls) if (step === undefined && id !== but) this.#calls.delete(id);
  }

  #takeNext(): readonly CallStep[] {
    const steps: CallStep[] = [];
    let waiting = [...this.#calls.values()].filter(({ step }) => step !== undefined).length;
    for (const [id, { step }] of this.#calls) {
      if (step === undefined && waiting <= mostWaiting) break;
      this.#calls.delete(id);
      if (step === undefined) continue;
      steps.push(step);
      waiting--;
    }
    return steps;
  }
}
