import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { acpCapabilities } from '../../src/providers/acp/capabilities.ts';
import type { AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { claudeTurn, heardByClaude } from '../claude/claude-steps.ts';

/** A real agent behind the provider that the options make. */
function subjectOf(options: AcpOptions, parts: Omit<ProviderSubject, 'open'>): ProviderSubject {
  return {
    ...parts,
    async open() {
      const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-acp-')));
      const cwd = join(home, 'project');
      await mkdir(cwd);
      // The adapter asks for a title in the first turn, which is no part of what the cases count.
      const server = await startModelServer([], { auxiliaryUsage: {} });
      return {
        provider: acp(options),
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
}

const preset = 'claude-agent-acp';
testProvider(preset, subjectOf({ preset }, { capabilities: acpCapabilities(preset) }), { describe, it });

// The same program as one of which nothing is known.
const program = createRequire(import.meta.url).resolve('@agentclientprotocol/claude-agent-acp/dist/index.js');
testProvider(
  'an agent given by its command line',
  subjectOf(
    { command: process.execPath, arguments: [program] },
    {
      capabilities: acpCapabilities(),
      // What this agent says only in words is known to its preset.
      failures: [
        { status: 401, code: 'authentication_failed' },
        { status: 429, code: 'rate_limited' },
        { status: 529, code: 'provider_unavailable' },
      ],
    },
  ),
  { describe, it },
);
