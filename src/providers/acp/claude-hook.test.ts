import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { needsHook } from './claude-hook.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'asm-hook-'));
});

afterAll(async () => {
  await rm(home, { recursive: true });
});

it('asks by a hook, too, where the settings are not ours alone', async () => {
  const environment = { HOME: home };
  const untrusted = { trustProject: false };
  // On a machine with an administrator's settings, it always does.
  const alone = needsHook(untrusted, {}, environment);
  expect(alone).toBe(needsHook(untrusted, { mode: 'plan' }, environment));
  expect(needsHook({ trustProject: true }, {}, environment)).toBe(true);
  expect(needsHook(untrusted, { sessionMeta: {} }, environment)).toBe(true);

  const folder = join(home, 'elsewhere');
  await mkdir(folder);
  await writeFile(join(folder, 'remote-settings.json'), '{}');
  expect(needsHook(untrusted, {}, environment)).toBe(alone);
  expect(needsHook(untrusted, {}, { ...environment, CLAUDE_CONFIG_DIR: folder })).toBe(true);
  await mkdir(join(home, '.claude'));
  await writeFile(join(home, '.claude', 'remote-settings.json'), '{}');
  expect(needsHook(untrusted, {}, environment)).toBe(true);
});
