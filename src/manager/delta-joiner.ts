import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { streamKey, withText, type DeltaDraft } from './delta-stream.ts';

/**
 * What happens to pieces of text: joined for at most `windowMs` milliseconds with their neighbours
 * of the same stream, stored each as it comes, or not stored at all (whole messages always are).
 */
export type DeltaPolicy = { readonly windowMs: number } | 'each' | 'off';

export const defaultDeltaPolicy: DeltaPolicy = { windowMs: 30 };

/** Throws `invalid_input` or `unknown_option` for what types alone can't keep out. */
export function checkDeltaPolicy(policy: DeltaPolicy | undefined): void {
  if (policy === undefined || policy === 'each' || policy === 'off') return;
  assertOptionNames('`deltas`', policy, ['windowMs']);
  if (Number.isFinite(policy.windowMs) && policy.windowMs >= 0) return;
  throw new AsmError(
    'invalid_input',
    `\`deltas\` is each, off, or { windowMs } with a number of milliseconds from 0, not ${String(policy.windowMs)}.`,
  );
}

/** Joined text is passed on from this many UTF-16 units on, without waiting for the window. */
const longestJoined = 16_384;

/**
 * Joins neighbouring deltas of one stream. Whatever else arrives must `flush` first, so that
 * joining never crosses another event of the run.
 */
export class DeltaJoiner {
  readonly #policy: DeltaPolicy;
  readonly #clock: Clock;
  readonly #emit: (draft: DeltaDraft) => void;
  #waiting: { readonly key: string; readonly first: DeltaDraft; text: string } | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(policy: DeltaPolicy, clock: Clock, emit: (draft: DeltaDraft) => void) {
    this.#policy = policy;
    this.#clock = clock;
    this.#emit = emit;
  }

  push(draft: DeltaDraft): void {
    if (this.#policy === 'off') return;
    if (this.#policy === 'each') {
      this.#emit(draft);
      return;
    }
    const key = streamKey(draft);
    if (this.#waiting !== undefined && this.#waiting.key !== key) this.flush();
    if (this.#waiting === undefined) {
      this.#waiting = { key, first: draft, text: draft.data.text };
      this.#stopTimer = this.#clock.startTimer(this.#policy.windowMs, () => this.flush());
    } else {
      this.#waiting.text += draft.data.text;
    }
    if (this.#waiting.text.length >= longestJoined) this.flush();
  }

  /** Forgets what waits. */
  discard(): void {
    this.#waiting = undefined;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Passes on what waits. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.discard();
    this.#emit(
      waiting.text === waiting.first.data.text ? waiting.first : withText(waiting.first, waiting.text),
    );
  }
}
