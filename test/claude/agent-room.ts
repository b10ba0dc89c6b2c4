import type { ClaudeNative, ClaudeOptions } from '../../src/providers/claude/options.ts';
import { claude } from '../../src/providers/claude/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { openRoom, type AgentRoom } from '../agent/agent-room.ts';

/** A real Claude Code's surroundings. */
export function openAgentRoom(script: ModelScript): Promise<AgentRoom<ClaudeNative, ClaudeOptions>> {
  return openRoom<ClaudeNative, ClaudeOptions>(
    {
      name: 'claude',
      provider: (options) => claude(options),
      environment: (server, home) => claudeEnvironment(server, { home }),
    },
    script,
  );
}

/** One call of the agent's shell tool. */
export function bash(command: string): {
  readonly name: string;
  readonly input: { readonly command: string; readonly description: string };
} {
  return { name: 'Bash', input: { command, description: 'A command' } };
}
