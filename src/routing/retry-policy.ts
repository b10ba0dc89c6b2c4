import { AsmError } from '../domain/error.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import type { AttemptFailure } from '../ports/attempt-router.ts';

/** How often and when a run tries again on the same provider. */
export interface RetryPolicy {
  /** Tries on one provider, the first included. Default 1: no retry. */
  readonly tries?: number;
  /** Milliseconds before the second try; doubles with each. Default 1,000. */
  readonly delay?: number;
  /** The longest delay between two tries, in milliseconds. Default 60,000. */
  readonly maximumDelay?: number;
  /**
   * The longest wait for the moment from which on the provider said that it works again, in
   * milliseconds. Default 600,000; beyond it the run fails at once.
   */
  readonly maximumWait?: number;
  /** True: also after the agent may have changed something. Default false. */
  readonly afterSideEffects?: boolean;
}

export type CheckedRetryPolicy = Required<RetryPolicy>;

const fields = [
  'tries',
  'delay',
  'maximumDelay',
  'maximumWait',
  'afterSideEffects',
] as const satisfies readonly (keyof RetryPolicy)[];

/** Fills in what is left out. Throws `invalid_input` for what is no number, or out of range, and `unknown_option`. */
export function checkRetryPolicy(policy: RetryPolicy = {}): CheckedRetryPolicy {
  assertOptionNames('`retry`', policy, fields);
  const { tries = 1, delay = 1_000, maximumDelay = 60_000, maximumWait = 600_000 } = policy;
  if (!Number.isInteger(tries) || tries < 1 || tries > 100) {
    throw new AsmError('invalid_input', `"tries" of a retry is a whole number from 1 to 100, not ${tries}.`);
  }
  for (const [name, value] of Object.entries({ delay, maximumDelay, maximumWait })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new AsmError('invalid_input', `"${name}" of a retry is a number of milliseconds, not ${value}.`);
    }
  }
  return { tries, delay, maximumDelay, maximumWait, afterSideEffects: policy.afterSideEffects ?? false };
}

/** A wait before the next try. */
export interface RetryDelay {
  readonly delay: number;
  /** True: until a limit ends, as the provider said. */
  readonly waitsForQuota: boolean;
}

/**
 * How long to wait after the try of this number failed; `undefined`: no further one. Delays double and
 * are spread evenly over their upper half, so that many that failed together don't come back together.
 * A time that the provider gave (`retryAt`) is kept, and spread by up to a tenth of the delay.
 */
export function retryDelay(
  policy: CheckedRetryPolicy,
  failure: AttemptFailure,
  tried: number,
  chance: { readonly now: number; readonly random: () => number },
): RetryDelay | undefined {
  const { error, sideEffects } = failure;
  if (tried >= policy.tries || !error.retryable) return undefined;
  if (sideEffects && !policy.afterSideEffects) return undefined;
  const full = Math.min(policy.maximumDelay, policy.delay * 2 ** (tried - 1));
  const retryAt = error.provider?.retryAt;
  if (retryAt === undefined) return { delay: full / 2 + (chance.random() * full) / 2, waitsForQuota: false };
  const wait = Math.max(0, retryAt - chance.now);
  if (wait > policy.maximumWait) return undefined;
  return { delay: wait + (chance.random() * full) / 10, waitsForQuota: wait > 0 };
}
