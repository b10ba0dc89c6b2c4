import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { findClaude } from '../../src/providers/claude/program.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import type { ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { agentSubject } from '../agent/agent-subject.ts';
import { claudeTurn, heardByClaude } from '../claude/claude-steps.ts';

/** A subject of the contract: a real claude-agent-acp behind the provider that the options make. */
export function contractSubject(options: AcpOptions, parts: Omit<ProviderSubject, 'open'>): ProviderSubject {
  return agentSubject(
    {
      name: 'acp',
      provider: () => acp(options),
      environment: async (server, home) => ({
        ...claudeEnvironment(server, { home }),
        CLAUDE_CODE_EXECUTABLE: await signedInClaude(home),
      }),
      // The adapter asks for a title in the first turn, which is no part of what the cases count.
      model: { auxiliaryUsage: {} },
      turn: claudeTurn,
      heard: heardByClaude,
    },
    parts,
  );
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
