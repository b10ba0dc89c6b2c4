import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createWithholding, managesPermissions, withheldPaths } from './withheld-files.ts';

describe('what a project brings to configure Amp', () => {
  const isWithheld = createWithholding(withheldPaths('/home/me/work/project', '/home/me'));

  it.each([
    '/home/me/work/project/.amp/settings.json',
    '/home/me/work/project/.amp/settings.jsonc',
    '/home/me/work/project/sub/../.amp/settings.json',
    '/home/me/work/project/.amp/plugins/x.ts',
    '/home/me/work/project/.agents/skills',
    '/home/me/work/project/.claude/skills/x/mcp.json',
    '/home/me/work/.amp/settings.json',
    '/home/me/work/.agents/skills/x/SKILL.md',
    '/home/me/.amp/settings.json',
    '/.agents/skills',
  ])('is withheld: %s', (path) => {
    expect([path, Buffer.from(path), pathToFileURL(path)].map(isWithheld)).toEqual([true, true, true]);
  });

  it.each([
    '/home/me/work/project/.amp',
    '/home/me/work/project/.amp/notes.md',
    '/home/me/work/project/AGENTS.md',
    '/home/me/work/project/src/.amp/settings.json',
    '/home/me/work/project/.agentsx/skills',
    '/home/me/.claude/skills/mine/SKILL.md',
    '/home/me/.agents/skills/mine/SKILL.md',
    '/home/me/.config/amp/settings.json',
    '',
  ])('is nothing else: %s', (path) => {
    expect(isWithheld(path)).toBe(false);
  });

  it('is no file that is already open, and nothing that is no path', () => {
    for (const given of [3, undefined, null, {}, new URL('http://127.0.0.1/.amp/settings.json')])
      expect(isWithheld(given)).toBe(false);
  });

  it('holds for the home folder, too, when that is the working folder', () => {
    expect(createWithholding(withheldPaths('/home/me', '/home/me'))('/home/me/.claude/skills/x')).toBe(true);
  });
});

describe("the administrator's settings", () => {
  it.each([
    [{ 'amp.permissions': [] }, true],
    [{ 'amp.dangerouslyAllowAll': false }, true],
    [{ permissions: [] }, true],
    [{ 'amp.proxy': 'http://127.0.0.1:9' }, false],
    ['text', false],
  ])('%j decide about tool calls: %s', async (settings, decides) => {
    const folder = await mkdtemp(join(tmpdir(), 'asm-amp-'));
    try {
      const file = join(folder, 'managed.json');
      await writeFile(file, JSON.stringify(settings));
      await expect(managesPermissions(file)).resolves.toBe(decides);
      await expect(managesPermissions(join(folder, 'none.json'))).resolves.toBe(false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
