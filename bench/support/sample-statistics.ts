import { createSeededRandom } from '../../src/testing/store-contract/seeded-random.ts';

/** The value below which the share (0 to 1) of the samples lies; NaN of none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((first, second) => first - second);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The 95 % interval of the median, from 10,000 resamples (percentile bootstrap, always the same seed). */
export function medianInterval(samples: readonly number[]): { readonly low: number; readonly high: number } {
  const random = createSeededRandom(1);
  const medians = Array.from({ length: 10_000 }, () =>
    median(samples.map(() => samples[random.below(samples.length)] ?? Number.NaN)),
  );
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
