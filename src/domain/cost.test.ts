import { describe, expect, test } from 'vitest';
import { addCost, costFromProvider, joinCost, knownSpend, type Cost } from './cost.ts';

test.each([
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [0.1 + 0.2, '0.3'],
  [0.01485, '0.01485'],
  [12.5, '12.5'],
  [0.000_000_001, '0.000000001'],
  [0.000_000_000_4, '0'],
  [1.999_999_999_9, '2'],
  [123_456.789, '123456.789'],
])('%d dollars are %s', (usd, text) =>
  expect(costFromProvider(usd)).toEqual({ usd: text, source: 'provider' }),
);

test.each([-1, Number.NaN, Infinity])('%d is no amount', (usd) =>
  expect(costFromProvider(usd)).toBeUndefined(),
);

describe('the cost of an attempt', () => {
  const reported: Cost = { usd: '0.5', source: 'provider' };
  const dollar = 1_000_000_000_000n;
  test('is what the provider says, with what the book computes beside it', () => {
    expect(joinCost(reported, { computed: dollar, unpriced: [] })).toEqual({ ...reported, computed: '1' });
    expect(joinCost(reported, { unpriced: ['x'] })).toEqual({ ...reported, unpriced: ['x'] });
  });
  test('is what the book computes when the provider says nothing', () =>
    expect(joinCost(undefined, { computed: dollar, unpriced: [] })).toEqual({
      usd: '1',
      source: 'computed',
      computed: '1',
    }));
  test('is no figure at all when a model has no price', () => {
    expect(joinCost(undefined, { computed: dollar, unpriced: ['x'] })).toEqual({
      source: 'unpriced',
      atLeast: '1',
      computed: '1',
      unpriced: ['x'],
    });
    expect(joinCost(undefined, { unpriced: ['x'] })).toEqual({ source: 'unpriced', unpriced: ['x'] });
  });
  test('is nothing when nothing was used', () =>
    expect(joinCost(undefined, { unpriced: [] })).toBeUndefined());
  test('that a provider gives as garbage is none', () =>
    expect(joinCost({ usd: '-1e9', source: 'provider' }, { unpriced: [] })).toBeUndefined());
});

describe('the cost of two attempts', () => {
  const reported: Cost = { usd: '0.1', source: 'provider', computed: '0.11' };
  const computed: Cost = { usd: '0.2', source: 'computed', computed: '0.2' };
  const unpriced: Cost = { source: 'unpriced', unpriced: ['x'] };
  test('is the sum of both', () => {
    expect(addCost(reported, reported)).toEqual({ usd: '0.2', source: 'provider', computed: '0.22' });
    expect(addCost(reported, computed)).toEqual({ usd: '0.3', source: 'computed', computed: '0.31' });
    expect(addCost(undefined, computed)).toBe(computed);
    expect(addCost(computed, undefined)).toBe(computed);
  });
  test('is unknown when one is, and still tells the part that is known', () => {
    const sum = addCost(computed, unpriced);
    expect(sum).toEqual({ source: 'unpriced', atLeast: '0.2', computed: '0.2', unpriced: ['x'] });
    expect(knownSpend(sum)).toBe(200_000_000_000n);
    expect(addCost(sum, { usd: '0.5', source: 'provider' })).toMatchObject({
      atLeast: '0.7',
      computed: '0.2',
    });
    expect(addCost(unpriced, unpriced)).toEqual(unpriced);
    expect(knownSpend(unpriced)).toBe(0n);
  });
});
