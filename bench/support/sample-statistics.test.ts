import { describe, expect, it } from 'vitest';
import { InterleavedRates } from './interleaved-rates.ts';
import { median, medianInterval, quantile } from './sample-statistics.ts';

describe('figures of samples', () => {
  it('lie between the samples where they must', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.9)).toBeCloseTo(46);
    expect(median([])).toBeNaN();
  });

  it('come with an interval that holds the median and is the same each time', () => {
    const samples = [5, 9, 7, 8, 6, 5, 7, 30, 6, 8];
    const interval = medianInterval(samples);
    expect(interval.low).toBeLessThanOrEqual(median(samples));
    expect(interval.high).toBeGreaterThanOrEqual(median(samples));
    expect(interval.high).toBeLessThan(30);
    expect(medianInterval(samples)).toEqual(interval);
  });
});

describe('rates of works that took turns', () => {
  it('are compared turn by turn, so that a slow moment counts for both', () => {
    const rates = new InterleavedRates(
      new Map([
        ['limit', [100, 10, 1000]],
        ['ours', [50, 8, 300]],
      ]),
    );
    expect(rates.rate('ours')).toBe(50);
    expect(rates.ratio('ours', 'limit')).toBe(0.5);
    expect(rates.range('ours')).toBe('8 to 300');
  });
});
