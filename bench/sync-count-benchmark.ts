import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** How often the SQLite store syncs the disk for one commit, counted by strace; without strace no rows. */
export const syncCountBenchmark: Benchmark = {
  name: 'sync-count',
  goal: 'none of its own; a lone writer needs one sync for each commit, 64 together share it',
  run({ quick }) {
    if (spawnSync('strace', ['--version']).error !== undefined) {
      console.error('sync-count needs strace, which is not here.');
      return Promise.resolve([]);
    }
    const commits = quick ? 128 : 640;
    return Promise.resolve([1, 64].map((writers) => measure(writers, commits)));
  },
};

function measure(writers: number, commits: number): BenchmarkRow {
  using folder = scratchFolder();
  const trace = join(folder.path, 'trace');
  const probe = fileURLToPath(import.meta.resolve('./support/sync-count-probe.ts'));
  const words = [probe, join(folder.path, 'store.db'), String(writers), String(commits)];
  const { status, error } = spawnSync(
    'strace',
    ['-f', '-o', trace, '-e', 'trace=fsync,fdatasync', process.execPath, ...words],
    { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 },
  );
  if (status !== 0) throw new Error(`The traced process ended with ${status}.`, { cause: error });
  const syncs = readFileSync(trace, 'utf8').match(/f(data)?sync\(/g)?.length ?? 0;
  return {
    name: `${writers} at once, ${commits} commits`,
    figure: syncs / commits,
    unit: 'syncs/commit',
    details: { syncs },
  };
}
