import { expect } from 'vitest';
import type { AmpNative, AmpOptions } from '../../src/providers/amp/options.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import type { ModelScript } from '../../src/testing/model-server/turn-script.ts';
import { openRoom, type AgentRoom, type RoomRun } from '../agent/agent-room.ts';

/** A real Amp's surroundings. */
export function openAgentRoom(script: ModelScript): Promise<AgentRoom<AmpNative, AmpOptions>> {
  return openRoom<AmpNative, AmpOptions>(
    {
      name: 'amp',
      provider: (options) => amp(options),
      environment: (server, home) => ampEnvironment(server, { home }),
    },
    script,
  );
}

/** One call of the agent's shell tool. */
export function bash(command: string): ModelToolUse {
  return { name: 'Bash', input: { cmd: command } };
}

/** After a fault nothing is left of the run, and the next one is like any other. */
export async function expectNothingLeft(room: AgentRoom, run: RoomRun): Promise<void> {
  expect(await run.processes()).toEqual([]);
  room.server.setScript([{ text: 'As if nothing had been.' }]);
  await expect(room.run().outcome()).resolves.toMatchObject({ output: 'As if nothing had been.' });
}
