import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findClaude } from '../../src/providers/claude/program.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import type { ModelServer } from '../../src/testing/model-server/model-server.ts';

/** The environment of a claude-agent-acp that asks a scripted model and nobody else, not even who is signed in. */
export async function signedInEnvironment(
  server: Pick<ModelServer, 'url'>,
  home: string,
): Promise<Readonly<Record<string, string>>> {
  return { ...claudeEnvironment(server, { home }), CLAUDE_CODE_EXECUTABLE: await signedInClaude(home) };
}

/** Path of Claude Code itself, to be asked who is signed in, too. */
export async function realClaude(): Promise<string> {
  const path = process.env['PATH'] ?? '';
  return (await findClaude({ executable: undefined, path, cwd: '/' })) ?? 'claude';
}

/**
 * Writes a program that is Claude Code, but says itself who is signed in. In each run the adapter starts two more
 * of it only to ask that, for an editor to show; nothing that a test looks at comes of it. Gives its path.
 */
async function signedInClaude(home: string): Promise<string> {
  const status = { loggedIn: true, authMethod: 'api_key', apiProvider: 'firstParty' };
  const path = join(home, 'claude');
  const script = `#!/bin/sh
case "$*" in *'auth status --json') echo '${JSON.stringify(status)}'; exit ;; esac
exec '${await realClaude()}' "$@"
`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}
