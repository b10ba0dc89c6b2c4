import { isJsonObject, type JsonValue } from '../../src/domain/json.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import type { ModelToolUse, ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { AgentStep } from '../../src/testing/provider-contract/provider-subject.ts';
import { modelUsage } from '../agent/model-usage.ts';

/** A call of Codex's tool for shell commands. */
export function shell(command: string): ModelToolUse {
  return { name: 'exec_command', input: { cmd: command } };
}

/** A call of Codex's tool for changing files, that makes a new one. */
export function newFile(path: string, content: string): ModelToolUse {
  const lines = content.split('\n').map((line) => `+${line}\n`);
  return patch(`*** Add File: ${path}\n${lines.join('')}`);
}

/** A call of Codex's tool for changing files. */
export function patch(text: string): ModelToolUse {
  return { name: 'apply_patch', input: {}, text: `*** Begin Patch\n${text}*** End Patch\n` };
}

/** The turn of Codex's model that makes it do a step of the contract. */
export function modelTurn(step: AgentStep): ModelTurn {
  if ('fail' in step) return { error: { status: step.fail } };
  if ('hang' in step) return { text: step.hang, hang: true };
  if ('write' in step) return { tools: [newFile(step.write, step.content)] };
  if ('mcp' in step) {
    const { server, tool, input } = step.mcp;
    return { tools: [{ name: `mcp__${server}__${tool}`, input }] };
  }
  if ('client' in step) return { tools: [{ name: step.client.tool, input: step.client.input }] };
  if ('answer' in step) return { text: JSON.stringify(step.answer) };
  const usage = modelUsage(step.usage);
  if ('command' in step) return { tools: [shell(step.command)], ...usage };
  return { text: step.say, ...(step.reasoning === undefined ? {} : { thinking: step.reasoning }), ...usage };
}

/** Every text that a request carries: what the model knows. */
export function heardBy(request: ModelRequest | undefined): readonly string[] {
  if (request === undefined || !isJsonObject(request.body)) return [];
  return [...textsIn(request.body['instructions']), ...textsIn(request.body['input'])];
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => textsIn(item));
  return isJsonObject(value) ? ['text', 'content', 'output'].flatMap((name) => textsIn(value[name])) : [];
}
