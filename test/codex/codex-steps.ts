import type { AgentStep } from '../../src/testing/provider-contract/provider-subject.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';

/** What the scripted model says to make Codex do a step. */
export function codexTurn(step: AgentStep): ModelTurn {
  if ('fail' in step) return { error: { status: step.fail } };
  if ('hang' in step) return { text: step.hang, hang: true };
  if ('write' in step) return { tools: [patch(addedFile(step.write, step.content))] };
  if ('mcp' in step) {
    const { server, tool, input } = step.mcp;
    return { tools: [{ name: `mcp__${server}__${tool}`, input }] };
  }
  if ('client' in step) return { tools: [{ name: step.client.tool, input: step.client.input }] };
  if ('answer' in step) return { text: JSON.stringify(step.answer) };
  const { usage = {} } = step;
  const used =
    step.usage === undefined
      ? {}
      : {
          usage: {
            input: usage.inputTokens ?? 0,
            output: usage.outputTokens ?? 0,
            cacheRead: usage.cacheReadTokens ?? 0,
            cacheWrite: usage.cacheWriteTokens ?? 0,
            reasoning: usage.reasoningTokens ?? 0,
          },
        };
  if ('command' in step) return { tools: [command(step.command)], ...used };
  return { text: step.say, ...(step.reasoning === undefined ? {} : { thinking: step.reasoning }), ...used };
}

/** A call of Codex's shell. */
export function command(text: string): { readonly name: string; readonly input: { readonly cmd: string } } {
  return { name: 'exec_command', input: { cmd: text } };
}

/** A call of Codex's tool for files. */
export function patch(text: string): {
  readonly name: string;
  readonly input: Record<string, never>;
  readonly text: string;
} {
  return { name: 'apply_patch', input: {}, text };
}

function addedFile(path: string, content: string): string {
  const lines = content.split('\n').map((line) => `+${line}`);
  return ['*** Begin Patch', `*** Add File: ${path}`, ...lines, '*** End Patch'].join('\n');
}
