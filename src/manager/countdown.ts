import type { Clock } from '../domain/clock.ts';

/** A timer that can stand still. */
export class Countdown {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #left: number;
  #since: number | undefined;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, milliseconds: number, onEnd: () => void) {
    this.#clock = clock;
    this.#left = milliseconds;
    this.#onEnd = onEnd;
  }

  run(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonic();
    this.#stop = this.#clock.startTimer(this.#left, this.#onEnd);
  }

  pause(): void {
    if (this.#since === undefined) return;
    this.#left = Math.max(0, this.#left - (this.#clock.monotonic() - this.#since));
    this.#since = undefined;
    this.#stop?.();
  }
}
