import { isJsonObject, type JsonValue } from '../../src/domain/json.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { AgentStep } from '../../src/testing/provider-contract/provider-subject.ts';
import { modelUsage } from '../agent/model-usage.ts';

/** What the model answers to make Claude Code do a step, with any program in front of it. */
export function claudeTurn(step: AgentStep): ModelTurn {
  if ('fail' in step) return { error: { status: step.fail } };
  if ('hang' in step) return { text: step.hang, hang: true };
  if ('write' in step)
    return { tools: [{ name: 'Write', input: { file_path: step.write, content: step.content } }] };
  if ('mcp' in step) {
    const { server, tool, input } = step.mcp;
    return { tools: [{ name: `mcp__${server}__${tool}`, input }] };
  }
  if ('client' in step)
    return { tools: [{ name: `mcp__client__${step.client.tool}`, input: step.client.input }] };
  if ('answer' in step) return { tools: [{ name: 'StructuredOutput', input: step.answer }] };
  const usage = modelUsage(step.usage);
  if ('command' in step)
    return {
      tools: [{ name: 'Bash', input: { command: step.command, description: 'A command' } }],
      ...usage,
    };
  return { text: step.say, ...(step.reasoning === undefined ? {} : { thinking: step.reasoning }), ...usage };
}

/** Every text in a question of Claude Code to its model. */
export function heardByClaude(request: ModelRequest | undefined): readonly string[] {
  if (request === undefined || !isJsonObject(request.body)) return [];
  return [...textsIn(request.body['system']), ...conversationTexts(request)];
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) && typeof value['text'] === 'string' ? [value['text']] : [];
}
