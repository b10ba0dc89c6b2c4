import type { CodexNative, CodexOptions } from '../../src/providers/codex/options.ts';
import { findCodex } from '../../src/providers/codex/program.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import { codexEnvironment } from '../../src/testing/model-server/codex-environment.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { openRoom, type AgentRoom } from '../agent/agent-room.ts';
import { standIn } from '../agent/stand-in.ts';

/** A real Codex's surroundings. */
export interface CodexRoom extends AgentRoom<CodexNative, CodexOptions> {
  /** A program of shell commands in Codex's place. */
  standIn(script: string): Promise<string>;
  /** A program that does something first and then is Codex. */
  wrapper(first: string): Promise<string>;
}

export async function openCodexRoom(
  script: ModelScript,
  configuration: readonly string[] = [],
): Promise<CodexRoom> {
  const room = await openRoom<CodexNative, CodexOptions>(
    {
      name: 'codex',
      provider: (options) => codex(options),
      environment: (server, home) => codexEnvironment(server, { home, configuration }),
    },
    script,
  );
  return {
    ...room,
    standIn: (commands) => standIn(room, commands),
    async wrapper(first) {
      const program = await findCodex({ executable: undefined, path: process.env['PATH'] ?? '', cwd: '/' });
      return await standIn(room, `${first}\nexec '${program ?? 'codex'}' "$@"`);
    },
  };
}
