import { createEarlyAgents } from '../../ports/early-agents.ts';
import type { Provider } from '../../ports/provider.ts';
import { chooseAgent } from './agent.ts';
import { describeAcp } from './describe.ts';
import { checkNative, checkOptions, type AcpNative, type AcpOptions } from './options.ts';
import { runAcp, startAgent } from './run.ts';

/**
 * An agent that speaks the Agent Client Protocol as a provider: one of the presets, or any command line.
 * It is driven through `@agentclientprotocol/sdk`, which is loaded when the first run starts. Throws
 * `unknown_option` and `invalid_input` for options that are not right.
 */
export function acp(options: AcpOptions): Provider<AcpNative> {
  const agent = chooseAgent(checkOptions(options));
  const early = createEarlyAgents(
    (start) => startAgent(agent, start),
    async (group) => await group.end({ grace: 0 }),
  );
  return {
    name: agent.name,
    capabilities: agent.capabilities,
    describe: ({ signal } = {}) => describeAcp(agent, signal),
    checkNative: (native) => void checkNative(native),
    run: (request, host) => runAcp(agent, early, request, host),
    // Of another program nobody knows what it does before it is told something.
    startEarly: (start) =>
      agent.command === undefined && agent.preset?.startsIdle === true ? early.start(start) : undefined,
  };
}
