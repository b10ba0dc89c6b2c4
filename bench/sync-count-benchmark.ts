import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** How often the SQLite store syncs the disk for one commit and for one queued run, counted by strace; without strace no rows. */
export const syncCountBenchmark: Benchmark = {
  name: 'sync-count',
  goal: 'none of its own; a lone writer needs one sync for each commit, 64 together, and queued runs, share it',
  run({ quick }) {
    if (spawnSync('strace', ['--version']).error !== undefined) {
      console.error('sync-count needs strace, which is not here.');
      return Promise.resolve([]);
    }
    const commits = quick ? 128 : 640;
    return Promise.resolve([
      measure('1', commits, `1 at once, ${commits} commits`, 'commit'),
      measure('64', commits, `64 at once, ${commits} commits`, 'commit'),
      measure('queued', commits, `${commits} queued runs`, 'run'),
    ]);
  },
};

function measure(how: string, count: number, name: string, unit: 'commit' | 'run'): BenchmarkRow {
  using folder = scratchFolder();
  const trace = join(folder.path, 'trace');
  const probe = fileURLToPath(import.meta.resolve('./support/sync-count-probe.ts'));
  const words = [probe, join(folder.path, 'store.db'), how, String(count)];
  const { status, error } = spawnSync(
    'strace',
    ['-f', '-o', trace, '-e', 'trace=fsync,fdatasync', process.execPath, ...words],
    { stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 },
  );
  if (status !== 0) throw new Error(`The traced process ended with ${status}.`, { cause: error });
  const syncs = readFileSync(trace, 'utf8').match(/f(data)?sync\(/g)?.length ?? 0;
  return {
    name,
    figure: syncs / count,
    unit: `syncs/${unit}`,
    details: { syncs },
  };
}
