import { describe, expect, test } from 'vitest';
import {
  addUsage,
  cacheWrites,
  noUsage,
  subtractUsage,
  tokenClasses,
  tokenUsage,
  totalTokens,
} from './usage.ts';

const some = tokenUsage({
  inputTokens: 1,
  cacheReadTokens: 2,
  cacheWriteTokens: 4,
  outputTokens: 8,
  reasoningTokens: 16,
});

describe('usage', () => {
  test('classes are disjoint: the total is their sum', () => {
    expect(totalTokens(some)).toBe(31);
    expect(Object.keys(noUsage)).toEqual([...tokenClasses]);
  });
  test('missing, negative and unusable counts are 0, fractions are cut', () => {
    const odd = {
      inputTokens: -1,
      outputTokens: Number.NaN,
      cacheReadTokens: Infinity,
      reasoningTokens: 1.9,
    };
    expect(tokenUsage(odd)).toEqual({ ...noUsage, reasoningTokens: 1 });
  });
  test('adds and takes away class by class, never below 0', () => {
    expect(addUsage(some, some)).toEqual(
      tokenUsage({
        inputTokens: 2,
        cacheReadTokens: 4,
        cacheWriteTokens: 8,
        outputTokens: 16,
        reasoningTokens: 32,
      }),
    );
    expect(subtractUsage(addUsage(some, some), some)).toEqual(some);
    expect(subtractUsage(noUsage, some)).toEqual(noUsage);
  });
  test('what is cached for an hour is a class of its own, absent where there is none', () => {
    const long = tokenUsage({ cacheWriteTokens: 1, longCacheWriteTokens: 2 });
    expect(totalTokens(long)).toBe(3);
    expect(cacheWrites(long)).toBe(3);
    expect(addUsage(long, long)).toMatchObject({ cacheWriteTokens: 2, longCacheWriteTokens: 4 });
    expect(subtractUsage(addUsage(long, some), long)).toEqual(some);
  });
  test('the zero can’t be changed by anyone', () => {
    expect(Object.isFrozen(noUsage)).toBe(true);
    addUsage(noUsage, some);
    expect(totalTokens(noUsage)).toBe(0);
  });
});
