import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAmp, pinnedVersion, requireAmp } from './program.ts';

const place = { executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' };

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'asm-amp-')));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts packages of these names and descriptions into a folder. */
async function install(folder: string, name: string, description: object): Promise<string> {
  const path = join(folder, 'node_modules', name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, ...description }));
  return path;
}

describe('the program', () => {
  it('comes with the package of the SDK', async () => {
    await expect(findAmp(place)).resolves.toMatchObject({ isScript: true, version: pinnedVersion });
  });

  it('can not come with a package that is not installed, which is then named', async () => {
    await withFolder(async (folder) => {
      const search = { ...place, from: join(folder, 'some.js') };
      await expect(requireAmp(search)).rejects.toMatchObject({
        code: 'dependency_not_available',
        details: { package: '@sourcegraph/amp-sdk' },
      });
    });
  });

  it('is missing where the SDK brings a version without one, and the advice names one that has it', async () => {
    await withFolder(async (folder) => {
      const search = { ...place, from: join(folder, 'some.js') };
      await install(folder, '@sourcegraph/amp-sdk', { version: '0.1.0' });
      await expect(requireAmp(search)).rejects.toMatchObject({ code: 'agent_not_installed' });
      await install(folder, '@sourcegraph/amp', { bin: { amp: 'node_modules/elsewhere/amp.exe' } });
      await expect(requireAmp(search)).rejects.toMatchObject({
        code: 'agent_not_installed',
        message: expect.stringContaining(pinnedVersion),
      });
    });
  });

  it('that is named is a script by its name or its first line', async () => {
    await withFolder(async (folder) => {
      const programs = [
        ['amp', '#!/usr/bin/env node\n', true],
        ['amp.mjs', '', true],
        ['amp.sh', '#!/bin/sh\n', false],
        ['binary', '\u007fELF node\n', false],
      ] as const;
      for (const [name, text, isScript] of programs) {
        const path = join(folder, name);
        await writeFile(path, text, { mode: 0o755 });
        await expect(findAmp({ ...place, executable: path })).resolves.toEqual({ path, isScript });
        await expect(findAmp({ ...place, executable: name, path: folder })).resolves.toMatchObject({ path });
      }
      await expect(findAmp({ ...place, executable: join(folder, 'none') })).resolves.toBe('no_program');
    });
  });
});
