import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testedVersions } from '../../src/providers/claude/tested-versions.ts';

it('the command that looks at the machine finds the version that is tested', async () => {
  const home = await mkdtemp(join(tmpdir(), 'asm-doctor-'));
  try {
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    const { stdout } = spawnSync(process.execPath, [main, 'doctor', '--json'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ANTHROPIC_API_KEY: 'dummy' },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      providers: [
        {
          name: 'claude',
          agent: { installed: true, version: testedVersions.to, tested: testedVersions, standing: 'tested' },
        },
        { name: 'shell' },
      ],
    });
  } finally {
    await rm(home, { recursive: true });
  }
});
