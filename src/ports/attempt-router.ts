import type { CapabilityDemand } from '../domain/negotiation.ts';
import type { AsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import type { Provider } from './provider.ts';

/** What a router knows of a run when it chooses. */
export interface RouteRequest {
  readonly sessionId: SessionId;
  readonly demand: Pick<CapabilityDemand, 'required' | 'acceptObserved'>;
  /** Why a candidate may not do the run's work now, by its name: its budget is used up. `undefined`: it may. */
  readonly refuses?: (provider: string) => AsmError | undefined;
}

/** How an attempt failed. */
export interface AttemptFailure {
  readonly error: AsmError;
  /** True when the attempt may have changed something before it failed. */
  readonly sideEffects: boolean;
}

/** The attempt to be made next. */
export interface PlannedAttempt {
  readonly provider: Provider;
  /** Names of the providers that could have been chosen, best first. */
  readonly candidates: readonly string[];
  /** Milliseconds to wait before it. */
  readonly delay: number;
  /** True: the wait is for a rate limit or a quota to end. */
  readonly waitsForQuota: boolean;
}

/** The routing of one run, attempt by attempt. */
export interface Route {
  /** The first attempt. Throws `missing_required_capability`, `no_provider_available`, or what refuses all candidates. */
  first(): PlannedAttempt;
  /** What to do after the attempt given last failed; `undefined`: nothing more, the run fails. */
  after(failure: AttemptFailure): PlannedAttempt | undefined;
  /** To be told once when the run ends. What a person or a time limit of the run ended harms no health. */
  ended(how: 'completed' | 'failed' | 'stopped'): void;
}

/** What makes a provider a router: it has others do the work. */
export interface AttemptRouter {
  readonly candidates: readonly Provider[];
  /** Begins the routing of one run. */
  route(request: RouteRequest): Route;
}
