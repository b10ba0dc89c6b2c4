import { checkApprovalOptions, type ApprovalOptions } from '../approvals/approval-options.ts';
import type { Budget } from '../cost/budget.ts';
import type { PriceOptions } from '../cost/price-options.ts';
import type { Clock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import type { IdSource } from '../domain/id.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Provider } from '../ports/provider.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { RedactionOptions } from '../redaction/redactor.ts';
import type { LoopOptions } from '../watchdog/loop-options.ts';
import type { WatchdogOptions } from '../watchdog/watchdog-options.ts';
import { checkDeltaPolicy, type DeltaPolicy } from './delta-joiner.ts';
import { checkTailLimits, type TailLimits } from './event-tail.ts';
import type { ManagerTimes } from './manager-environment.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { checkPolicyOptions, type PolicyOptions } from './policy-options.ts';
import { assertProvider } from './given-provider.ts';
import { checkRunLimits, type RunLimits } from './run-clocks.ts';
import { checkWatchOptions } from './watch-options.ts';

export interface SessionManagerOptions extends PolicyOptions {
  /** Where everything is kept. The manager owns it and closes it, unless `keepOpen`. */
  readonly store: SessionStore | Promise<SessionStore>;
  /** The agents that runs may use. Closed with the manager, unless `keepOpen`. */
  readonly providers: readonly Provider[];
  /** What is removed from everything that is stored. Default: the built-in rules; `false`: nothing. */
  readonly redaction?: RedactionOptions | false;
  /** How pieces of text are stored, of runs that don't say otherwise. Default: joined for 30 ms. */
  readonly deltas?: DeltaPolicy;
  /** Time limits in milliseconds, of runs that don't say otherwise. Default: 10 minutes of silence. */
  readonly limits?: RunLimits;
  /** Says of all runs that don't say otherwise when they stall, and does something about it. Default: none. */
  readonly watchdog?: WatchdogOptions;
  /** What is done when an agent repeats itself. Default: a warning. `false`: nothing. */
  readonly loops?: LoopOptions | false;
  /** Milliseconds of leases, and of what the manager waits for. */
  readonly times?: Partial<ManagerTimes>;
  /** Makes tool calls that need a person wait for one, in all runs that don't say otherwise. */
  readonly approvals?: ApprovalOptions;
  /** How much of the newest events is kept in memory for those who follow. */
  readonly tail?: TailLimits;
  /** Prices of tokens, besides the list prices that come with the library. */
  readonly prices?: PriceOptions;
  /** What runs may spend, in dollars and tokens, over all processes that share the store. */
  readonly budgets?: readonly Budget[];
  /** Tells the time, and fires timers. Default: the system's. */
  readonly clock?: Clock;
  /** Makes ids. Default: such as sort by their time. */
  readonly ids?: IdSource;
  /** True: closing the manager leaves the store and the providers open. Default false. */
  readonly keepOpen?: boolean;
}

const optionNames = [
  'store',
  'providers',
  'redaction',
  'deltas',
  'limits',
  'watchdog',
  'loops',
  'policy',
  'policies',
  'times',
  'approvals',
  'tail',
  'prices',
  'budgets',
  'clock',
  'ids',
  'keepOpen',
] as const satisfies readonly (keyof SessionManagerOptions)[];

/** The least number of milliseconds of each time. */
const leastTimes: Required<ManagerTimes> = { lease: 1, close: 0 };

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkManagerOptions(options: SessionManagerOptions): void {
  assertOptionNames('A session manager', options, optionNames);
  checkProviders(options.providers);
  checkRunLimits(options.limits ?? {});
  checkWatchOptions(options);
  checkDeltaPolicy(options.deltas);
  checkTailLimits(options.tail);
  checkApprovalOptions(options.approvals ?? {});
  checkPolicyOptions(options);
  const times = options.times ?? {};
  assertOptionNames('`times`', times, Object.keys(leastTimes));
  for (const name of ['lease', 'close'] as const) {
    const value = times[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= leastTimes[name])) continue;
    throw new AsmError(
      'invalid_input',
      `The time \`${name}\` is a whole number of milliseconds from ${leastTimes[name]}, not ${String(value)}.`,
    );
  }
}

/** A run would tell of what is wrong here late, and in other words. */
function checkProviders(providers: unknown): void {
  if (!Array.isArray(providers))
    throw new AsmError(
      'invalid_input',
      '`providers` of a session manager is a list of providers, such as [claude()].',
    );
  for (const provider of providers) assertProvider(provider, 'Something in `providers`');
}

export interface SessionOptions {
  /** The provider that runs take unless they name another. */
  readonly provider?: string;
  /** The folder in which agents work, which must be there; a relative one is taken from the current folder. */
  readonly cwd?: string;
  /** For people; redacted, as all of these, before it is stored. */
  readonly title?: string;
  /** Added to the agent's own instructions, in all runs that bring none. */
  readonly systemPrompt?: string;
  /** For listings (`sessions({ tag })`) and budgets per tag. */
  readonly tags?: readonly string[];
  /** Facts of the caller's own, as JSON. */
  readonly metadata?: JsonObject;
  /** The id to use, for callers that make their own. */
  readonly id?: string;
}
