import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type { Provider } from '../ports/provider.ts';
import { CircuitBreaker, type BreakerOptions, type BreakerState } from './circuit-breaker.ts';

/** A provider that a router may choose. */
export interface CandidateOptions {
  readonly provider: Provider;
  /** Lower comes first, with the strategy `priority`. Default: its place in the list, from 0. */
  readonly priority?: number;
  /** Share of the runs, with the strategy `weighted`. Default 1. */
  readonly weight?: number;
}

export const candidateOptionNames = [
  'provider',
  'priority',
  'weight',
] as const satisfies readonly (keyof CandidateOptions)[];

/** How a candidate has done, in this process. */
export interface CandidateHealth {
  readonly provider: string;
  readonly breaker: BreakerState;
  readonly succeeded: number;
  readonly failed: number;
  /** Code of the newest failure. */
  readonly lastFailure?: string;
  /** Wall time in milliseconds since 1970 until which its service said that it won't answer. */
  readonly limitedUntil?: number;
}

/** A candidate and its health. */
export class Candidate {
  readonly provider: Provider;
  readonly priority: number;
  readonly weight: number;
  readonly breaker: CircuitBreaker;
  /** For the strategy `weighted`: what it is owed. */
  credit = 0;
  #limitedUntil = 0;
  #succeeded = 0;
  #failed = 0;
  #lastFailure: string | undefined;
  readonly #clock: Clock;

  constructor(options: CandidateOptions, place: number, clock: Clock, breaker: BreakerOptions | undefined) {
    const { provider, priority = place, weight = 1 } = options;
    if (!Number.isFinite(priority) || !(weight > 0 && Number.isFinite(weight))) {
      throw new AsmError(
        'invalid_input',
        `The candidate ${provider.name} needs a finite priority and a weight above 0.`,
      );
    }
    if (provider.router !== undefined) {
      throw new AsmError(
        'invalid_input',
        `The candidate ${provider.name} is a router itself; name its candidates.`,
      );
    }
    this.provider = provider;
    this.priority = priority;
    this.weight = weight;
    this.breaker = new CircuitBreaker(clock, breaker);
    this.#clock = clock;
  }

  /** Milliseconds until it may be asked; 0: now. */
  get readyIn(): number {
    return Math.max(this.breaker.opensIn, this.#limitedUntil - this.#clock.now(), 0);
  }

  get ready(): boolean {
    return this.breaker.passable && this.#limitedUntil <= this.#clock.now();
  }

  /** Milliseconds until its service answers again, as it said; 0: now. */
  get limitedFor(): number {
    return Math.max(0, this.#limitedUntil - this.#clock.now());
  }

  succeeded(): void {
    this.#succeeded++;
    this.#limitedUntil = 0;
    this.breaker.succeeded();
  }

  failed(error: AsmError): void {
    this.#failed++;
    this.#lastFailure = error.code;
    const retryAt = error.provider?.retryAt;
    // A limit with a known end says when to come back; it is no sign of a provider that is ill.
    if (retryAt !== undefined) {
      this.#limitedUntil = Math.max(this.#limitedUntil, retryAt);
      this.breaker.withdrawn();
    } else this.breaker.failed();
  }

  get health(): CandidateHealth {
    return {
      provider: this.provider.name,
      breaker: this.breaker.state,
      succeeded: this.#succeeded,
      failed: this.#failed,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      ...(this.limitedFor === 0 ? {} : { limitedUntil: this.#limitedUntil }),
    };
  }
}
