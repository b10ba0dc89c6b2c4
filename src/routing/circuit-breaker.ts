import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';

export const breakerStates = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof breakerStates)[number];

export interface BreakerOptions {
  /** Failures in a row that open it. Default 3. */
  readonly failures?: number;
  /** Milliseconds that it stays open. Default 30,000. */
  readonly cooldown?: number;
  /** Attempts at once that may try whether it works again, when it is half open. Default 1. */
  readonly probes?: number;
}

export const breakerOptionNames = [
  'failures',
  'cooldown',
  'probes',
] as const satisfies readonly (keyof BreakerOptions)[];

/**
 * Keeps attempts away from a provider that fails again and again. Closed: all may pass. Open, after so
 * many failures in a row: none. Half open, after the cooldown: a counted few may try; the first that
 * succeeds closes it, one that fails opens it again.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #limits: Required<BreakerOptions>;
  #failures = 0;
  #openedAt: number | undefined;
  #probes = 0;

  constructor(clock: Clock, options: BreakerOptions = {}) {
    const { failures = 3, cooldown = 30_000, probes = 1 } = options;
    requireWhole('failures', failures);
    requireWhole('probes', probes);
    if (!(cooldown >= 0)) {
      throw new AsmError('invalid_input', `The cooldown of a breaker is a number from 0, not ${cooldown}.`);
    }
    this.#clock = clock;
    this.#limits = { failures, cooldown, probes };
  }

  get state(): BreakerState {
    if (this.#openedAt === undefined) return 'closed';
    return this.opensIn > 0 ? 'open' : 'half_open';
  }

  /** Milliseconds until it lets somebody try; 0 when it does now. */
  get opensIn(): number {
    if (this.#openedAt === undefined) return 0;
    return Math.max(0, this.#openedAt + this.#limits.cooldown - this.#clock.monotonic());
  }

  /** True when an attempt may pass now. */
  get passable(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'half_open' && this.#probes < this.#limits.probes);
  }

  /** Lets an attempt pass, or not. Each that passed is to be ended with one of the three below. */
  pass(): boolean {
    if (!this.passable) return false;
    if (this.#openedAt !== undefined) this.#probes++;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openedAt = undefined;
    this.#probes = 0;
  }

  failed(): void {
    this.#failures++;
    if (this.#openedAt === undefined && this.#failures < this.#limits.failures) return;
    this.#openedAt = this.#clock.monotonic();
    this.#probes = 0;
  }

  /** The attempt says nothing about the provider's health: somebody stopped it. */
  withdrawn(): void {
    if (this.#probes > 0) this.#probes--;
  }
}

function requireWhole(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new AsmError('invalid_input', `"${name}" of a breaker is a whole number from 1, not ${value}.`);
}
