import { mkdtempDisposableSync, type DisposableTempDir } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder on the disk that temporary files are on; disposing removes it. `TMPDIR` chooses another disk. */
export function scratchFolder(): DisposableTempDir {
  return mkdtempDisposableSync(join(tmpdir(), 'asm-bench-'));
}
