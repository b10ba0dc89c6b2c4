import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { claudeCapabilities } from '../../src/providers/claude/capabilities.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { claudeTurn, heardByClaude } from './claude-steps.ts';

const subject: ProviderSubject = {
  capabilities: claudeCapabilities,
  async open() {
    const home = await mkdtemp(join(tmpdir(), 'asm-claude-'));
    const cwd = join(home, 'project');
    await mkdir(cwd);
    const server = await startModelServer();
    return {
      provider: claude(),
      cwd,
      prepare(steps) {
        const last = steps.at(-1);
        const turns = steps.map(claudeTurn);
        let taken = 0;
        // A service that fails does so as often as it is asked.
        server.setScript(
          () =>
            turns[taken++] ??
            (last !== undefined && 'fail' in last ? claudeTurn(last) : { text: 'The script is over.' }),
        );
        return { environment: { set: claudeEnvironment(server, { home }) } };
      },
      modelCalls: () => server.mainRequests.length,
      heard: () => heardByClaude(server.mainRequests.at(-1)),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};

testProvider('claude', subject, { describe, it });
