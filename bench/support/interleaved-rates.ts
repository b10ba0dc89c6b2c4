import type { Timing } from '../benchmark.ts';
import { median } from './sample-statistics.ts';

/** Does some work and says how much it was, such as the number of events. */
export type Work = () => number | Promise<number>;

/** Rates per second of several works that took turns, so that all met the same machine. */
export class InterleavedRates<Name extends string> {
  readonly #rates: ReadonlyMap<Name, readonly number[]>;

  constructor(rates: ReadonlyMap<Name, readonly number[]>) {
    this.#rates = rates;
  }

  /** The median of all turns. */
  rate(name: Name): number {
    return median(this.#of(name));
  }

  /** The median, over the turns, of one rate divided by another of the same turn. */
  ratio(name: Name, limit: Name): number {
    const limits = this.#of(limit);
    return median(this.#of(name).map((rate, turn) => rate / (limits[turn] ?? Number.NaN)));
  }

  /** The slowest and the fastest turn, for people. */
  range(name: Name): string {
    const rates = this.#of(name).map(Math.round);
    return `${Math.min(...rates)} to ${Math.max(...rates)}`;
  }

  #of(name: Name): readonly number[] {
    return this.#rates.get(name) ?? [];
  }
}

/**
 * Measures each work in turn, again and again. Each is done once beforehand, unmeasured. A work that is
 * absent has rates of NaN.
 */
export async function interleavedRates<Name extends string>(
  works: Readonly<Partial<Record<Name, Work>>>,
  timing: Timing,
): Promise<InterleavedRates<Name>> {
  const rates = new Map<Name, number[]>();
  for (const name in works) {
    await works[name]?.();
    rates.set(name, []);
  }
  for (let turn = 0; turn < timing.turns; turn++) {
    for (const name in works) {
      const work = works[name];
      if (work !== undefined) rates.get(name)?.push(await rateOf(work, timing.turnMilliseconds));
    }
  }
  return new InterleavedRates(rates);
}

async function rateOf(work: Work, milliseconds: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  do done += await work();
  while (performance.now() - start < milliseconds);
  return (done / (performance.now() - start)) * 1000;
}
