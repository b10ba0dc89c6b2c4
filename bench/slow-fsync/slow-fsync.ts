import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { scratchFolder } from '../support/scratch-folder.ts';

/**
 * Runs a program of ours on a disk whose syncs take 2 ms longer. Needs Linux and a C compiler. Gives the
 * exit code of the program; 1 when the library can't be compiled, which the compiler explains.
 */
export function runWithSlowFsync(program: string, words: readonly string[]): number {
  using folder = scratchFolder();
  const library = join(folder.path, 'slow-fsync.so');
  const source = join(import.meta.dirname, 'slow-fsync.c');
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], {
    stdio: 'inherit',
  });
  if (compiled.status !== 0) {
    console.error(`--slow-fsync needs a C compiler: cc ${compiled.error?.message ?? 'failed'}.`);
    return 1;
  }
  const ran = spawnSync(process.execPath, [program, ...words], {
    stdio: 'inherit',
    env: { ...process.env, LD_PRELOAD: library },
  });
  return ran.status ?? 1;
}
