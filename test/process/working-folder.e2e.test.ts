import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('a folder that may not be read is refused as such by every provider, before anything starts', async () => {
  await using scratch = await mkdtempDisposable(join(tmpdir(), 'asm-locked-'));
  const locked = join(scratch.path, 'locked');
  await mkdir(locked);
  await chmod(locked, 0);
  const child = [process.execPath, join(import.meta.dirname, 'locked-folder-child.ts'), locked, scratch.path];
  // Root may read everything, unless it gives that up.
  const [program = '', ...words] =
    process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all', ...child] : child;
  const { stdout } = await promisify(execFile)(program, words, { timeout: 300_000 });
  const names = ['claude', 'codex', 'amp', 'acp'].flatMap((name) => [`${name}, managed`, name]);
  expect(JSON.parse(stdout)).toEqual(Object.fromEntries(names.map((name) => [name, 'invalid_input'])));
});
