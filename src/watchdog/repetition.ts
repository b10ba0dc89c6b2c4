import type { LoopKind } from '../domain/loop-report.ts';
import type { CallStep } from './call-step.ts';
import type { LoopSettings } from './loop-options.ts';

/** Steps of one round, at most. */
const longestRound = 4;

/** Steps that repeat themselves. */
export interface Repeated {
  readonly kind: LoopKind;
  readonly times: number;
  /** The last round. */
  readonly round: readonly CallStep[];
}

/**
 * Finds in a sequence of steps where it begins to repeat itself. Keeps the last round only: however often a
 * repetition has to come, it costs the same.
 */
export class Repetition {
  readonly #settings: LoopSettings;
  #last: CallStep[] = [];
  /** For each length of a round, how many of the last steps are equal to the one a round before. */
  #matching: number[] = Array.from({ length: longestRound }, () => 0);
  /** Length of the round that was told, as long as it goes on. */
  #told: number | undefined;

  constructor(settings: LoopSettings) {
    this.#settings = settings;
  }

  /** Takes the next step. Gives a repetition once, when it has come often enough. */
  push(step: CallStep): Repeated | undefined {
    this.#matching = this.#matching.map((count, index) =>
      this.#last.at(-1 - index)?.key === step.key ? count + 1 : 0,
    );
    this.#last = [...this.#last, step].slice(-longestRound);
    if (this.#told !== undefined && this.#matchingBy(this.#told) > 0) return undefined;
    const repeated = this.#find(step);
    this.#told = repeated?.round.length;
    return repeated;
  }

  #find({ failed }: CallStep): Repeated | undefined {
    const { sameCall, sameError, cycle } = this.#settings;
    if (this.#repeats(1, failed ? sameError : sameCall)) {
      const kind = failed ? 'same_error' : 'same_call';
      return { kind, times: failed ? sameError : sameCall, round: this.#last.slice(-1) };
    }
    for (let length = 2; length <= longestRound; length++) {
      if (this.#repeats(length, cycle))
        return { kind: 'cycle', times: cycle, round: this.#last.slice(-length) };
    }
    return undefined;
  }

  /** True when the last steps are so many rounds of this length, and of no shorter one. */
  #repeats(length: number, times: number): boolean {
    if (times === 0 || this.#matchingBy(length) < length * (times - 1)) return false;
    for (let shorter = 1; shorter < length; shorter++) {
      if (this.#matchingBy(shorter) >= length * times - shorter) return false;
    }
    return true;
  }

  #matchingBy(length: number): number {
    return this.#matching[length - 1] ?? 0;
  }
}
