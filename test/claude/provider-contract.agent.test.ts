import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { isJsonObject, type JsonValue } from '../../src/domain/json.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import type { ModelRequest } from '../../src/testing/model-server/model-request.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { AgentStep, ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';
import { claudeCapabilities } from '../../src/providers/claude/capabilities.ts';
import { claude } from '../../src/providers/claude/provider.ts';

const subject: ProviderSubject = {
  capabilities: claudeCapabilities,
  async open() {
    const home = await mkdtemp(join(tmpdir(), 'asm-claude-'));
    const cwd = join(home, 'project');
    await mkdir(cwd);
    const server = await startModelServer();
    return {
      provider: claude(),
      cwd,
      prepare(steps) {
        const last = steps.at(-1);
        const turns = steps.map(modelTurn);
        let taken = 0;
        // A service that fails does so as often as it is asked.
        server.setScript(
          () =>
            turns[taken++] ??
            (last !== undefined && 'fail' in last ? modelTurn(last) : { text: 'The script is over.' }),
        );
        return { environment: { set: claudeEnvironment(server, { home }) } };
      },
      modelCalls: () => server.mainRequests.length,
      heard: () => heardBy(server.mainRequests.at(-1)),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await rm(home, { recursive: true, force: true });
      },
    };
  },
};

function modelTurn(step: AgentStep): ModelTurn {
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
  const usage = step.usage === undefined ? {} : { usage: modelUsage(step.usage) };
  if ('command' in step)
    return {
      tools: [{ name: 'Bash', input: { command: step.command, description: 'A command' } }],
      ...usage,
    };
  return { text: step.say, ...(step.reasoning === undefined ? {} : { thinking: step.reasoning }), ...usage };
}

function modelUsage(
  usage: NonNullable<Extract<AgentStep, { readonly say: string }>['usage']>,
): NonNullable<ModelTurn['usage']> {
  return {
    input: usage.inputTokens ?? 0,
    output: usage.outputTokens ?? 0,
    cacheRead: usage.cacheReadTokens ?? 0,
    cacheWrite: usage.cacheWriteTokens ?? 0,
  };
}

function heardBy(request: ModelRequest | undefined): readonly string[] {
  if (request === undefined || !isJsonObject(request.body)) return [];
  return [...textsIn(request.body['system']), ...conversationTexts(request)];
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) && typeof value['text'] === 'string' ? [value['text']] : [];
}

testProvider('claude', subject, { describe, it });
