import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';
import { below } from './support/goal.ts';
import { median } from './support/sample-statistics.ts';

/** What 100,000 events take in the memory store, each measured in a process of its own after a full collection. */
export const memoryHeapBenchmark: Benchmark = {
  name: 'memory-heap',
  goal: 'memory store, 100 k events of 128 characters: below 50 MB',
  run({ quick }) {
    const events = quick ? 1000 : 100_000;
    const ours: number[] = [];
    const array: number[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      array.push(megabytesOf('array', events));
      ours.push(megabytesOf('store', events));
    }
    const [figure, limit] = [median(ours), median(array)];
    return Promise.resolve([
      {
        name: `memory store, ${events.toLocaleString('en')} events`,
        figure,
        unit: 'MB',
        limit: { name: 'the same events in an array', figure: limit },
        ratio: figure / limit,
        goals: [below(figure, 50, 'MB')],
      },
    ]);
  },
};

function megabytesOf(what: 'array' | 'store', events: number): number {
  const probe = fileURLToPath(import.meta.resolve('./support/memory-heap-probe.ts'));
  const { stdout, status, error } = spawnSync(
    process.execPath,
    ['--expose-gc', probe, what, String(events)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 300_000 },
  );
  if (status !== 0) throw new Error(`The measuring process ended with ${status}.`, { cause: error });
  return Number(stdout) / 1e6;
}
