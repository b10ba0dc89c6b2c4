import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testedVersions } from '../../src/providers/claude/tested-versions.ts';

it('the command that looks at the machine finds the versions that are tested', async () => {
  const home = await mkdtemp(join(tmpdir(), 'asm-doctor-'));
  try {
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    const { stdout } = spawnSync(process.execPath, [main, 'doctor', '--json'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ANTHROPIC_API_KEY: 'dummy' },
    });
    const standing = expect.objectContaining({ installed: true, standing: 'tested' });
    const names = ['claude', 'codex', 'amp', 'claude-agent-acp'];
    expect(JSON.parse(stdout)).toMatchObject({
      providers: expect.arrayContaining(
        names.map((name) => expect.objectContaining({ name, agent: standing })),
      ),
    });
    expect(JSON.parse(stdout).providers[0].agent.tested).toEqual(testedVersions);
  } finally {
    await rm(home, { recursive: true });
  }
});
