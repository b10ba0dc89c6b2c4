import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lookAt } from './look-at.ts';

it('sees what a path leads to, and nothing where there is nothing to be seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'asm-look-'));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('file'), '');
  symlinkSync(folder, path('link'));
  symlinkSync(path('loop'), path('loop'));
  expect(lookAt(path('file'))?.isFile()).toBe(true);
  expect(lookAt(path('link'))?.isDirectory()).toBe(true);
  for (const name of ['absent', 'file/below', 'loop', 'a\0b', 'x'.repeat(5_000)])
    expect(lookAt(path(name)), name).toBeUndefined();
  rmSync(folder, { recursive: true });
});
