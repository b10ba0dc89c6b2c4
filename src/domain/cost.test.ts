import { expect, test } from 'vitest';
import { costFromProvider } from './cost.ts';

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
