import type { AcpNative, AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { openRoom, type AgentRoom } from '../agent/agent-room.ts';

/** A real claude-agent-acp's surroundings. */
export function openAgentRoom(script: ModelScript): Promise<AgentRoom<AcpNative, Partial<AcpOptions>>> {
  return openRoom<AcpNative, Partial<AcpOptions>>(
    {
      name: 'acp',
      provider: (options) => acp({ preset: 'claude-agent-acp', ...options }),
      environment: (server, home) => claudeEnvironment(server, { home }),
      model: { auxiliaryUsage: {} },
    },
    script,
  );
}
