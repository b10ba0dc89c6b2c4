import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { onSmallDisk } from '../sqlite/small-disk.ts';

const program = fileURLToPath(new URL('./full-disk-program.ts', import.meta.url));

/** A whole log of a run that began once and ended once. */
const once = { isWhole: true, starts: 1, ends: 1 };

test('on a full disk nothing is asked, decided, let through or queued that is not stored, and nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'asm-full-disk-'));
  try {
    const { disk, met } = await onSmallDisk<unknown>(folder, {
      program,
      given: [],
      size: '4m',
      otherwise: 'true',
    });
    const code = disk === 'mount' ? 'storage_full' : expect.stringMatching(/^storage_(full|unavailable)$/);
    expect(met).toEqual({
      // The question could not be stored: its agent was stopped, and its tool did not run.
      asking: { result: code, status: 'failed', code: 'run_abandoned', approvals: [], ...once, decided: 0 },
      // The decision could not be stored: the question waits on, and is decided when there is space again.
      deciding: {
        ...{ decided: [code, code, 'none'], status: 'pending', revoked: code, grants: 1 },
        told: { status: 'completed', approvals: ['granted spent'], ...once, decided: 1 },
      },
      // It could not be spent: the tool did not run before, and once after.
      spending: {
        ...{ decided: 'none', result: code, before: 0, status: 'completed' },
        told: { status: 'completed', approvals: ['granted spent'], ...once, decided: 1 },
      },
      // A run that was refused is not in the queue; what was in it waits, and runs once.
      queueing: {
        ...{ refused: code, queued: 0, result: code, first: 'failed', second: 'completed' },
        tasks: ['again', 'refused', 'first', 'second'],
        log: [
          { ...once, decided: 0 },
          { ...once, decided: 0 },
        ],
      },
      ran: ['deciding', 'spending'],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
