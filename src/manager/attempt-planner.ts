import type { Clock } from '../domain/clock.ts';
import { isAsmError } from '../domain/error.ts';
import type { AttemptFailure, PlannedAttempt, Route, RouteRequest } from '../ports/attempt-router.ts';
import type { Provider } from '../ports/provider.ts';
import {
  checkRetryPolicy,
  retryDelay,
  type CheckedRetryPolicy,
  type RetryPolicy,
} from '../routing/retry-policy.ts';

/** What is to follow a failed attempt. */
export type NextAttempt = PlannedAttempt & {
  readonly as: 'retry' | 'failover' | 'replay';
};

/**
 * Decides whom a run goes to, attempt by attempt: on a router its candidates, else the one provider;
 * then the run's retry policy. With a router a retry begins its whole way again.
 */
export class AttemptPlanner {
  readonly #provider: Provider;
  readonly #request: RouteRequest;
  readonly #policy: CheckedRetryPolicy;
  readonly #clock: Clock;
  #route: Route;
  #current: Provider;
  #tries = 1;
  #replayed = false;

  constructor(provider: Provider, request: RouteRequest, retry: RetryPolicy | undefined, clock: Clock) {
    this.#provider = provider;
    this.#request = request;
    this.#policy = checkRetryPolicy(retry);
    this.#clock = clock;
    this.#route = this.#begin();
    this.#current = provider;
  }

  /** Throws as `Route.first` does. */
  first(): PlannedAttempt {
    const planned = this.#route.first();
    this.#current = planned.provider;
    return planned;
  }

  /**
   * What follows the failure; `undefined`: nothing. `mayReplay`: the attempt was to continue the agent's
   * own conversation, and that it can't is no reason to give up.
   */
  after(failure: AttemptFailure, mayReplay: boolean): NextAttempt | undefined {
    const failed = this.#current;
    if (failure.error.code === 'resume_failed' && mayReplay && !this.#replayed) {
      this.#replayed = true;
      const { name } = failed;
      return { provider: failed, candidates: [name], delay: 0, waitsForQuota: false, as: 'replay' };
    }
    const routed = this.#route.after(failure);
    if (routed !== undefined) return this.#take(routed, failed);
    const wait = retryDelay(this.#policy, failure, this.#tries, {
      now: this.#clock.now(),
      random: Math.random,
    });
    if (wait === undefined) return undefined;
    this.#tries++;
    try {
      this.#route = this.#begin();
      return this.#take({ ...this.#route.first(), ...wait }, failed);
    } catch (thrown) {
      // All candidates are out of reach: the failure at hand says more than that.
      if (isAsmError(thrown)) return undefined;
      throw thrown;
    }
  }

  ended(how: 'completed' | 'failed' | 'stopped'): void {
    this.#route.ended(how);
  }

  #begin(): Route {
    return this.#provider.router?.route(this.#request) ?? routeOfOne(this.#provider);
  }

  #take(planned: PlannedAttempt, failed: Provider): NextAttempt {
    this.#current = planned.provider;
    return { ...planned, as: planned.provider === failed ? 'retry' : 'failover' };
  }
}

/** The way of a run that has one provider: once, and nothing after. */
function routeOfOne(provider: Provider): Route {
  const only = { provider, candidates: [provider.name], delay: 0, waitsForQuota: false };
  return { first: () => only, after: () => undefined, ended: () => undefined };
}
