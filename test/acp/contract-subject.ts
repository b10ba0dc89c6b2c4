import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { findClaude } from '../../src/providers/claude/program.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { claudeTurn, heardByClaude } from '../claude/claude-steps.ts';

/** A subject of the contract: a real claude-agent-acp behind the provider that the options make. */
export function contractSubject(options: AcpOptions, parts: Omit<ProviderSubject, 'open'>): ProviderSubject {
  return {
    ...parts,
    async open() {
      const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-acp-')));
      const cwd = join(home, 'project');
      await mkdir(cwd);
      // The adapter asks for a title in the first turn, which is no part of what the cases count.
      const server = await startModelServer([], { auxiliaryUsage: {} });
      const executable = await signedInClaude(home);
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
          const set = { ...claudeEnvironment(server, { home }), CLAUDE_CODE_EXECUTABLE: executable };
          return { environment: { set } };
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

/**
 * Writes a program that is Claude Code, but says itself who is signed in. In each run the adapter starts two more
 * of it only to ask that, for an editor to show; nothing that a case looks at comes of it. Gives its path.
 */
async function signedInClaude(home: string): Promise<string> {
  const claude = await findClaude({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
  const status = { loggedIn: true, authMethod: 'api_key', apiProvider: 'firstParty' };
  const path = join(home, 'claude');
  const script = `#!/bin/sh
case "$*" in *'auth status --json') echo '${JSON.stringify(status)}'; exit ;; esac
exec '${claude ?? 'claude'}' "$@"
`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}
