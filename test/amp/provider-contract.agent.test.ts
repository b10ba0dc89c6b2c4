import { describe, it } from 'vitest';
import { ampCapabilities } from '../../src/providers/amp/capabilities.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { AgentStep } from '../../src/testing/provider-contract/provider-subject.ts';
import { agentSubject } from '../agent/agent-subject.ts';
import { modelUsage } from '../agent/model-usage.ts';

const subject = agentSubject(
  {
    name: 'amp',
    provider: () => amp(),
    environment: async (server, home) => ampEnvironment(server, { home }),
    turn: modelTurn,
    heard: conversationTexts,
  },
  { capabilities: ampCapabilities },
);

function modelTurn(step: AgentStep): ModelTurn {
  if ('fail' in step) return { error: { status: step.fail } };
  if ('hang' in step) return { text: step.hang, hang: true };
  if ('answer' in step) return { text: JSON.stringify(step.answer) };
  if ('write' in step)
    return { tools: [{ name: 'create_file', input: { path: step.write, content: step.content } }] };
  if ('mcp' in step) {
    const { server, tool, input } = step.mcp;
    return { tools: [{ name: `mcp__${server}__${tool}`, input }] };
  }
  if ('client' in step)
    return { tools: [{ name: `mcp__client__${step.client.tool}`, input: step.client.input }] };
  const usage = modelUsage(step.usage);
  if ('command' in step) return { tools: [{ name: 'Bash', input: { cmd: step.command } }], ...usage };
  return { text: step.say, ...(step.reasoning === undefined ? {} : { thinking: step.reasoning }), ...usage };
}

testProvider('amp', subject, { describe, it });
