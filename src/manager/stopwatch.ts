import type { Clock } from '../domain/clock.ts';

/** Adds up time on the monotonic clock, and can stand still. */
export class Stopwatch {
  readonly #clock: Clock;
  #before = 0;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get milliseconds(): number {
    return this.#before + (this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since);
  }

  run(): void {
    this.#since ??= this.#clock.monotonic();
  }

  pause(): void {
    this.#before = this.milliseconds;
    this.#since = undefined;
  }
}
