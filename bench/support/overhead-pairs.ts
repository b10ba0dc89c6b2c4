import type { BenchmarkOptions, BenchmarkRow } from '../benchmark.ts';
import { below } from './goal.ts';
import { median, medianInterval } from './sample-statistics.ts';

export interface OverheadPairs {
  /** What is measured, such as `manager beside the SDK alone`. */
  readonly name: string;
  /** What the limit is, such as `whole run with the SDK alone`. */
  readonly limit: string;
  readonly bare: () => Promise<void>;
  readonly ours: () => Promise<void>;
  /** Milliseconds. */
  readonly goal: number;
}

/** Whole runs of a real agent, bare and ours in turns: 30 pairs, of which each goes first in every other one. */
export async function overheadRow(
  { name, limit, bare, ours, goal }: OverheadPairs,
  { quick }: BenchmarkOptions,
): Promise<BenchmarkRow> {
  const works = [bare, ours] as const;
  // The first start of the program reads it from the disk.
  if (!quick) for (const work of works) await work();
  const times: readonly [number[], number[]] = [[], []];
  for (let pair = 0; pair < (quick ? 1 : 30); pair++) {
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const start = performance.now();
      await works[which]();
      times[which].push(performance.now() - start);
    }
  }
  const [bareTimes, ourTimes] = times;
  const differences = ourTimes.map((time, pair) => time - (bareTimes[pair] ?? Number.NaN));
  const figure = median(differences);
  const { low, high } = medianInterval(differences);
  return {
    name,
    figure,
    unit: 'ms more',
    limit: { name: limit, figure: median(bareTimes) },
    ratio: median(ourTimes.map((time, pair) => time / (bareTimes[pair] ?? Number.NaN))),
    goals: [below(figure, goal, 'ms')],
    details: {
      pairs: differences.length,
      '95 % interval': `${low.toFixed(1)} to ${high.toFixed(1)} ms`,
      'whole run': `${median(ourTimes).toFixed(0)} ms`,
    },
  };
}
