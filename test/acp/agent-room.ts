import type { AcpNative, AcpOptions } from '../../src/providers/acp/options.ts';
import { acp } from '../../src/providers/acp/provider.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { openRoom, type AgentRoom } from '../agent/agent-room.ts';
import { signedInEnvironment } from './signed-in-claude.ts';

/** A real claude-agent-acp's surroundings. */
export function openAgentRoom(script: ModelScript): Promise<AgentRoom<AcpNative, Partial<AcpOptions>>> {
  return openRoom<AcpNative, Partial<AcpOptions>>(
    {
      name: 'acp',
      provider: (options) => acp({ preset: 'claude-agent-acp', ...options }),
      environment: signedInEnvironment,
      model: { auxiliaryUsage: {} },
    },
    script,
  );
}
