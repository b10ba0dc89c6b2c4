import { exampleAgents, type ExampleAgent } from '../../examples/support/example-agent.ts';
import { acp } from '../../src/providers/acp/index.ts';
import { claudeEnvironment } from '../../src/testing/index.ts';

/** Claude Code behind the Agent Client Protocol. Its model calls the tools that it calls elsewhere. */
const claudeAgentAcp: ExampleAgent = {
  name: 'claude-agent-acp',
  provider: () => acp({ preset: 'claude-agent-acp' }),
  environment: (model, home) => claudeEnvironment(model, { home }),
  call: (tool) => agentUnderTest('claude').call(tool),
};

/** Every real agent program that is measured. */
export const agentsUnderTest: readonly ExampleAgent[] = [...exampleAgents, claudeAgentAcp];

/** The one of this name. Throws when there is none. */
export function agentUnderTest(name: string): ExampleAgent {
  const found = agentsUnderTest.find((agent) => agent.name === name);
  if (found === undefined) throw new Error(`There is no agent ${name} to measure.`);
  return found;
}
