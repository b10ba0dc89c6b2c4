import { AsmError } from '../domain/error.ts';
import { missingCapabilities } from '../domain/negotiation.ts';
import type { AttemptFailure, PlannedAttempt, Route, RouteRequest } from '../ports/attempt-router.ts';
import type { Candidate } from './candidate.ts';
import type { CandidateOrder } from './candidate-order.ts';
import type { SessionAffinity } from './session-affinity.ts';

export const rateLimitReactions = ['wait', 'switch', 'stop'] as const;
export type RateLimitReaction = (typeof rateLimitReactions)[number];

export const failoverPolicies = ['before_side_effects', 'always', 'never'] as const;
export type FailoverPolicy = (typeof failoverPolicies)[number];

/** What a route needs of its router. */
export interface RouteParts {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly order: CandidateOrder;
  readonly affinity: SessionAffinity;
  readonly maximumAttempts: number;
  readonly failover: FailoverPolicy;
  readonly onRateLimit: RateLimitReaction;
  readonly maximumWait: number;
  readonly now: () => number;
}

/** Failures that another provider need not share, though a retry at the same one is of no use. */
const elsewhere: ReadonlySet<string> = new Set(['agent_not_installed', 'dependency_not_available']);

/** One run's way over a router's candidates. */
export class CandidateRoute implements Route {
  readonly #parts: RouteParts;
  readonly #request: RouteRequest;
  readonly #fitting: readonly Candidate[];
  readonly #tried = new Set<Candidate>();
  #current: Candidate | undefined;
  #attempts = 0;

  constructor(parts: RouteParts, request: RouteRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#fitting = parts.candidates.filter(
      ({ provider }) => missingCapabilities(provider.capabilities, request.demand).length === 0,
    );
  }

  first(): PlannedAttempt {
    if (this.#fitting.length === 0) throw this.#noneFits();
    const chosen = this.#choose();
    if (chosen === undefined) throw this.#allRefused() ?? this.#noneReady();
    return chosen;
  }

  after(failure: AttemptFailure): PlannedAttempt | undefined {
    const { maximumAttempts, onRateLimit } = this.#parts;
    const failed = this.#current;
    this.#current = undefined;
    if (failed === undefined) return undefined;
    failed.failed(failure.error);
    if (this.#attempts >= maximumAttempts || !this.#mayGoOn(failure)) return undefined;
    const limited = failed.limitedFor;
    if (limited > 0 && onRateLimit === 'stop') return undefined;
    if (limited > 0 && onRateLimit === 'wait') return this.#waitFor(failed, limited);
    return this.#choose() ?? this.#waitForAny();
  }

  ended(how: 'completed' | 'failed' | 'stopped'): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    if (how !== 'completed') current.breaker.withdrawn();
    else {
      current.succeeded();
      this.#parts.affinity.remember(this.#request.sessionId, current.provider.name);
    }
  }

  #mayGoOn({ error, sideEffects }: AttemptFailure): boolean {
    const { failover } = this.#parts;
    if (failover === 'never' || (sideEffects && failover !== 'always')) return false;
    return error.retryable || elsewhere.has(error.code);
  }

  /** The best candidate that was not tried and may be asked now. */
  #choose(): PlannedAttempt | undefined {
    const open = this.#fitting.filter((candidate) => !this.#tried.has(candidate));
    const sticky = this.#parts.affinity.of(this.#request.sessionId);
    const ready = open.filter((candidate) => candidate.ready && this.#refusal(candidate) === undefined);
    if (ready.length === 0) return undefined;
    const ordered = this.#parts.order.next(ready);
    const kept = ordered.filter(({ provider }) => provider.name === sticky);
    const candidates = [...kept, ...ordered.filter((candidate) => !kept.includes(candidate))];
    const chosen = candidates.find((candidate) => candidate.breaker.pass());
    return chosen === undefined ? undefined : this.#plan(chosen, candidates, 0);
  }

  /** When all were tried or may not be asked: the one whose limit ends first, if that is soon enough. */
  #waitForAny(): PlannedAttempt | undefined {
    if (this.#parts.onRateLimit !== 'switch') return undefined;
    const limited = this.#fitting.filter(
      (candidate) => candidate.limitedFor > 0 && this.#refusal(candidate) === undefined,
    );
    const [soonest] = limited.toSorted((first, second) => first.limitedFor - second.limitedFor);
    return soonest === undefined ? undefined : this.#waitFor(soonest, soonest.limitedFor);
  }

  #waitFor(candidate: Candidate, delay: number): PlannedAttempt | undefined {
    if (delay > this.#parts.maximumWait || !candidate.breaker.pass()) return undefined;
    return this.#plan(candidate, [candidate], delay);
  }

  #plan(candidate: Candidate, candidates: readonly Candidate[], delay: number): PlannedAttempt {
    this.#tried.add(candidate);
    this.#current = candidate;
    this.#attempts++;
    return {
      provider: candidate.provider,
      candidates: candidates.map(({ provider }) => provider.name),
      delay,
      waitsForQuota: delay > 0,
    };
  }

  #refusal({ provider }: Candidate): AsmError | undefined {
    return this.#request.refuses?.(provider.name);
  }

  /** The reason against the first candidate, if there is one against each. */
  #allRefused(): AsmError | undefined {
    const refusals = this.#fitting.flatMap((candidate) => this.#refusal(candidate) ?? []);
    return refusals.length === this.#fitting.length ? refusals[0] : undefined;
  }

  #noneFits(): AsmError {
    const { name, candidates } = this.#parts;
    const { demand } = this.#request;
    const lacks = candidates.map(
      ({ provider }) =>
        `${provider.name} lacks ${missingCapabilities(provider.capabilities, demand).join(', ')}`,
    );
    const missing = demand.required.filter((capability) =>
      candidates.some(({ provider }) =>
        missingCapabilities(provider.capabilities, demand).includes(capability),
      ),
    );
    return new AsmError(
      'missing_required_capability',
      `No candidate of ${name} can do what the run requires: ${lacks.join('; ')}.`,
      { details: { provider: name, missing } },
    );
  }

  #noneReady(): AsmError {
    const { name, now } = this.#parts;
    const allowed = this.#fitting.filter((candidate) => this.#refusal(candidate) === undefined);
    const soonest = Math.min(...allowed.map((candidate) => candidate.readyIn));
    const states = this.#fitting.map((candidate) => {
      const { provider, limitedFor, breaker } = candidate;
      if (!allowed.includes(candidate)) return `the budget of ${provider.name} is used up`;
      return limitedFor > 0
        ? `${provider.name} is limited`
        : `the breaker of ${provider.name} is ${breaker.state}`;
    });
    return new AsmError(
      'no_provider_available',
      `No candidate of ${name} may be asked now: ${states.join(', ')}. Try again in ${Math.ceil(soonest / 1_000)} s.`,
      { provider: { provider: name, kind: 'no_candidate', retryAt: Math.ceil(now() + soonest) } },
    );
  }
}
