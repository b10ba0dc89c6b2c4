import { describe, expect, it } from 'vitest';
import { AsmError } from '../domain/error.ts';
import type { ErrorCode } from '../domain/error-code.ts';
import { checkRetryPolicy, retryDelay, type RetryPolicy, type RetryDelay } from './retry-policy.ts';

function delayOf(
  policy: RetryPolicy,
  tried: number,
  {
    code = 'provider_overloaded',
    retryAt,
    sideEffects = false,
    random = 0,
  }: {
    readonly code?: ErrorCode;
    readonly retryAt?: number;
    readonly sideEffects?: boolean;
    readonly random?: number;
  } = {},
): RetryDelay | undefined {
  const limit = retryAt === undefined ? {} : { provider: { provider: 'p', kind: 'k', retryAt } };
  const error = new AsmError(code, 'It failed.', limit);
  const chance = { now: 1_000_000, random: () => random };
  return retryDelay(checkRetryPolicy(policy), { error, sideEffects }, tried, chance);
}

describe('the delay before a retry', () => {
  it('doubles up to the longest, spread over its upper half', () => {
    const policy = { tries: 9, delay: 100, maximumDelay: 500 };
    expect([1, 2, 3, 4, 5].map((tried) => delayOf(policy, tried)?.delay)).toEqual([50, 100, 200, 250, 250]);
    expect([1, 2, 3].map((tried) => delayOf(policy, tried, { random: 1 })?.delay)).toEqual([100, 200, 400]);
  });

  it('is none after the last try, for what a retry does not mend, and after side effects', () => {
    expect(delayOf({}, 1)).toBeUndefined();
    expect(delayOf({ tries: 3 }, 3)).toBeUndefined();
    expect(delayOf({ tries: 3 }, 1, { code: 'authentication_failed' })).toBeUndefined();
    expect(delayOf({ tries: 3 }, 1, { sideEffects: true })).toBeUndefined();
    expect(delayOf({ tries: 3, afterSideEffects: true }, 1, { sideEffects: true })).toBeDefined();
  });

  it('keeps the time that the provider gave, unless that is too far away', () => {
    const policy = { tries: 2, delay: 100, maximumWait: 60_000 };
    expect(delayOf(policy, 1, { retryAt: 1_030_000 })).toEqual({ delay: 30_000, waitsForQuota: true });
    expect(delayOf(policy, 1, { retryAt: 1_030_000, random: 1 })?.delay).toBe(30_010);
    expect(delayOf(policy, 1, { retryAt: 1_060_001 })).toBeUndefined();
    expect(delayOf(policy, 1, { retryAt: 900_000 })).toEqual({ delay: 0, waitsForQuota: false });
  });

  it.each([{ tries: 0 }, { tries: 101 }, { tries: 1.5 }, { delay: -1 }, { maximumWait: Number.NaN }])(
    'is not for %j',
    (policy) => {
      expect(() => checkRetryPolicy(policy)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    },
  );
});
