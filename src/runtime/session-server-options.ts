import { oneOf } from '../domain/choice.ts';
import { AsmError } from '../domain/error.ts';
import type { SessionOptions } from '../manager/manager-options.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { checkRunOptions, type CommonRunOptions } from '../manager/run-options.ts';
import type { ConcurrencyLimiter } from './concurrency-limiter.ts';

/** What becomes of runs whose process died: they fail, or they fail and are queued again, first. */
export const abandonedPolicies = ['fail', 'rerun'] as const;
export type AbandonedPolicy = (typeof abandonedPolicies)[number];

export interface SessionServerOptions {
  /** The id of a session that is there, or the options of one to make. */
  readonly session: string | SessionOptions;
  /** Runs of the session at once; 1 is strict first in, first out. Default 1. */
  readonly concurrentRuns?: number;
  /** Runs that may wait beside those that run. Default 100; 0: none waits. */
  readonly queuedRuns?: number;
  /** Bounds over several servers of this process. */
  readonly limiter?: ConcurrencyLimiter;
  /** Milliseconds that the first waiting run waits for the limiter before it fails. Default: no end. */
  readonly limiterDeadline?: number;
  /** Default `fail`. An agent that is run again may do twice what it had done already. */
  readonly onAbandoned?: AbandonedPolicy;
  /** Options of every run that its submission doesn't give; functions also for runs of another process. */
  readonly runOptions?: Omit<CommonRunOptions, 'key'>;
  /** Ends the wait for a place for the session in the limiter. */
  readonly signal?: AbortSignal;
}

const optionNames = [
  'session',
  'concurrentRuns',
  'queuedRuns',
  'limiter',
  'limiterDeadline',
  'onAbandoned',
  'runOptions',
  'signal',
] as const satisfies readonly (keyof SessionServerOptions)[];

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkServerOptions(options: SessionServerOptions): void {
  assertOptionNames('A session server', options, optionNames);
  wholeNumber('concurrentRuns', options.concurrentRuns, 1);
  wholeNumber('queuedRuns', options.queuedRuns, 0);
  wholeNumber('limiterDeadline', options.limiterDeadline, 0);
  const { onAbandoned, runOptions = {} } = options;
  checkRunOptions(runOptions);
  if ('key' in runOptions) {
    throw new AsmError('invalid_input', 'A `key` belongs to one run: give it when that is submitted.');
  }
  if (onAbandoned !== undefined) oneOf('onAbandoned', onAbandoned, abandonedPolicies);
}

function wholeNumber(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new AsmError('invalid_input', `\`${name}\` is a whole number from ${least}, not ${String(value)}.`);
}
