import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './store-kinds.ts';

test('a program that only waits, for a run, its retry, a page or news, does not end in the middle', async () => {
  using folder = temporaryFolder();
  const program = join(import.meta.dirname, 'waiting-program.ts');
  // Rejects with what the program said if it ends with another code than 0: of Node, with 13.
  const { stdout } = await promisify(execFile)(process.execPath, [program, join(folder.path, 'sessions.db')]);
  expect(stdout.trim().split('\n')).toEqual(['completed 2', 'page 0', 'cancelled', 'cancelled']);
});
