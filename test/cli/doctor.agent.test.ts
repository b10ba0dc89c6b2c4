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
    const { providers } = JSON.parse(stdout);
    expect(providers[0]).toMatchObject({ name: 'claude', agent: { tested: testedVersions } });
    for (const name of ['claude', 'codex', 'amp', 'claude-agent-acp']) {
      const found = providers.find((provider: { readonly name: string }) => provider.name === name);
      expect(found?.agent, name).toMatchObject({ installed: true, standing: 'tested' });
    }
  } finally {
    await rm(home, { recursive: true });
  }
});
