import { capabilities, capabilityNames, supportLevels, type Capabilities } from '../domain/capability.ts';
import { oneOf } from '../domain/choice.ts';
import { systemClock, type Clock } from '../domain/clock.ts';
import { asAsmError, AsmError } from '../domain/error.ts';
import type { AttemptRouter } from '../ports/attempt-router.ts';
import type { Provider } from '../ports/provider.ts';
import { Candidate, candidateOptionNames, type CandidateHealth, type CandidateOptions } from './candidate.ts';
import { CandidateOrder, routingStrategies, type RoutingStrategy } from './candidate-order.ts';
import {
  CandidateRoute,
  failoverPolicies,
  rateLimitReactions,
  type FailoverPolicy,
  type RateLimitReaction,
} from './candidate-route.ts';
import { breakerOptionNames, type BreakerOptions } from './circuit-breaker.ts';
import { SessionAffinity } from './session-affinity.ts';
import { assertOptionNames } from '../domain/option-names.ts';

export interface RouterOptions {
  /** Default `router`. */
  readonly name?: string;
  /** Who may be chosen; at least one, each provider once. */
  readonly candidates: readonly (Provider | CandidateOptions)[];
  /** Default `priority`. */
  readonly strategy?: RoutingStrategy;
  /** Milliseconds for which a session keeps its provider after a run that ended well. Default 300,000; 0: not. */
  readonly stickiness?: number;
  /** When a candidate is left alone, and for how long. Default: 30 s after 3 failures in a row. */
  readonly breaker?: BreakerOptions;
  /** Most attempts of a run, over all candidates. Default: as many as there are candidates, and one. */
  readonly attempts?: number;
  /**
   * When another candidate may take over. `before_side_effects`: while the agent has changed nothing.
   * `always`: later, too; the next agent is told the conversation so far, with what was done. `never`.
   * Default `before_side_effects`.
   */
  readonly failover?: FailoverPolicy;
  /**
   * What to do when a provider says until when it is limited. `wait`: for the same one. `switch`: to
   * another, and when there is none, wait for the first whose limit ends. `stop`: the run fails.
   * Default `switch`.
   */
  readonly onRateLimit?: RateLimitReaction;
  /** The longest wait for a limit to end, in milliseconds. Default 600,000. */
  readonly maximumWait?: number;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
}

/** Native options of a run on a router: those of each candidate, by its name. */
export interface RouterNative {
  readonly [provider: string]: object;
}

/** A provider that has others do the work. */
export interface Router extends Provider<RouterNative> {
  readonly router: AttemptRouter;
  /** How the candidates have done, in the order in which they were given. */
  health(): readonly CandidateHealth[];
}

const optionNames = [
  'name',
  'candidates',
  'strategy',
  'stickiness',
  'breaker',
  'attempts',
  'failover',
  'onRateLimit',
  'maximumWait',
  'clock',
] as const satisfies readonly (keyof RouterOptions)[];

/**
 * Makes one provider of several. The manager asks it whom to run, attempt by attempt; each attempt is in
 * the log under the name of the provider that does it. Health, breakers and stickiness live in the
 * router, and so in one process. Throws `unknown_option` and `invalid_input`. Disposing it disposes
 * its candidates.
 */
export function router(options: RouterOptions): Router {
  checkOptions(options);
  const { name = 'router', strategy = 'priority', stickiness = 300_000, clock = systemClock } = options;
  const candidates = options.candidates.map((given, place) => {
    const candidate = 'provider' in given ? given : { provider: given };
    assertOptionNames('A candidate of a router', candidate, candidateOptionNames);
    return new Candidate(candidate, place, clock, options.breaker);
  });
  checkNames(candidates);
  const parts = {
    name,
    candidates,
    order: new CandidateOrder(strategy),
    affinity: new SessionAffinity(clock, stickiness),
    maximumAttempts: options.attempts ?? candidates.length + 1,
    failover: options.failover ?? 'before_side_effects',
    onRateLimit: options.onRateLimit ?? 'switch',
    maximumWait: options.maximumWait ?? 600_000,
    now: () => clock.now(),
  };
  const table = bestOf(candidates);
  const attempts: AttemptRouter = {
    candidates: candidates.map(({ provider }) => provider),
    route: (request) => new CandidateRoute(parts, request),
  };
  return {
    name,
    capabilities: table,
    router: attempts,
    health: () => candidates.map(({ health }) => health),
    async describe(how) {
      const all = await Promise.all(candidates.map(({ provider }) => provider.describe(how)));
      const installed = all.some(({ agent }) => agent.installed);
      const advice = all.map((one) => `${one.name}: ${one.agent.advice ?? 'ready'}`).join('; ');
      return {
        name,
        agent: { installed, ...(installed ? {} : { advice }) },
        signedIn: all.some(({ signedIn }) => signedIn === 'yes') ? 'yes' : 'unknown',
        capabilities: table,
      };
    },
    // Without a manager there is one attempt: on the candidate that would be first.
    async *run(request, host) {
      const { native, ...rest } = request;
      const { sessionId } = request;
      const route = attempts.route({ sessionId, demand: { required: [], acceptObserved: true } });
      const { provider } = route.first();
      const own = native?.[provider.name];
      try {
        const all = { ...rest, ...(own === undefined ? {} : { native: own }) };
        const outcome = yield* provider.run(all, host);
        route.ended('completed');
        return outcome;
      } catch (thrown) {
        if (!host.signal.aborted) route.after({ error: asAsmError(thrown), sideEffects: true });
        throw thrown;
      } finally {
        route.ended('stopped');
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(candidates.map(async ({ provider }) => await provider[Symbol.asyncDispose]?.()));
    },
  };
}

/** The best level that any candidate has; which of them fits a run is decided for each run. */
function bestOf(candidates: readonly Candidate[]): Capabilities {
  const best = (name: keyof Capabilities): Capabilities[keyof Capabilities] =>
    supportLevels.find((level) => candidates.some(({ provider }) => provider.capabilities[name] === level)) ??
    'unsupported';
  return capabilities(Object.fromEntries(capabilityNames.map((name) => [name, best(name)])));
}

function checkOptions(options: RouterOptions): void {
  assertOptionNames('A router', options, optionNames);
  const { strategy, onRateLimit, failover, breaker } = options;
  if (breaker !== undefined) assertOptionNames('`breaker` of a router', breaker, breakerOptionNames);
  if (strategy !== undefined) oneOf('`strategy` of a router', strategy, routingStrategies);
  if (onRateLimit !== undefined) oneOf('`onRateLimit` of a router', onRateLimit, rateLimitReactions);
  if (failover !== undefined) oneOf('`failover` of a router', failover, failoverPolicies);
  for (const name of ['stickiness', 'maximumWait'] as const) {
    const value = options[name] ?? 0;
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new AsmError('invalid_input', `"${name}" of a router is a number of milliseconds, not ${value}.`);
    }
  }
  const { attempts = 1 } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new AsmError('invalid_input', `"attempts" of a router is a whole number from 1, not ${attempts}.`);
  }
}

function checkNames(candidates: readonly Candidate[]): void {
  if (candidates.length === 0) throw new AsmError('invalid_input', 'A router needs a candidate.');
  const names = candidates.map(({ provider }) => provider.name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice === undefined) return;
  throw new AsmError(
    'invalid_input',
    `Two candidates are named "${twice}"; the log and the sessions tell them apart by their names.`,
  );
}
