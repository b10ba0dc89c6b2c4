import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';
import { below } from './support/goal.ts';
import { median, quantile } from './support/sample-statistics.ts';

/** From the start of `asm --help` to its end, beside a Node that does nothing. Build first: that is what users run. */
export const cliHelpBenchmark: Benchmark = {
  name: 'cli-help',
  goal: 'asm --help below 120 ms',
  run({ quick }) {
    const asm = fileURLToPath(import.meta.resolve('../bin/asm.js'));
    const ours: number[] = [];
    const node: number[] = [];
    for (let round = 0; round < (quick ? 1 : 20); round++) {
      node.push(millisecondsOf(['--eval', '0']));
      ours.push(millisecondsOf([asm, '--help']));
    }
    const figure = median(ours);
    const limit = median(node);
    return Promise.resolve([
      {
        name: 'asm --help',
        figure,
        unit: 'ms',
        limit: { name: 'node --eval 0', figure: limit },
        ratio: figure / limit,
        goals: [below(figure, 120, 'ms')],
        details: { runs: ours.length, p90: `${quantile(ours, 0.9).toFixed(0)} ms` },
      },
    ]);
  },
};

function millisecondsOf(words: readonly string[]): number {
  const start = performance.now();
  const { status, error } = spawnSync(process.execPath, words, { stdio: 'ignore', timeout: 120_000 });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}.`, { cause: error });
  return performance.now() - start;
}
