import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { ampCapabilities } from '../../src/providers/amp/capabilities.ts';
import { amp } from '../../src/providers/amp/provider.ts';
import { ampEnvironment } from '../../src/testing/model-server/amp-environment.ts';
import { conversationTexts } from '../../src/testing/model-server/anthropic-reader.ts';
import { startModelServer } from '../../src/testing/model-server/model-server.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { testProvider } from '../../src/testing/provider-contract/provider-contract.ts';
import type { AgentStep, ProviderSubject } from '../../src/testing/provider-contract/provider-subject.ts';

const subject: ProviderSubject = {
  capabilities: ampCapabilities,
  async open() {
    const home = await realpath(await mkdtemp(join(tmpdir(), 'asm-amp-')));
    const cwd = join(home, 'project');
    await mkdir(cwd);
    const server = await startModelServer();
    return {
      provider: amp(),
      cwd,
      prepare(steps) {
        const turns = steps.map(modelTurn);
        const last = steps.at(-1);
        let taken = 0;
        // A service that fails does so as often as it is asked.
        server.setScript(
          () =>
            turns[taken++] ??
            (last !== undefined && 'fail' in last ? modelTurn(last) : { text: 'The script is over.' }),
        );
        return { environment: { set: ampEnvironment(server, { home }) } };
      },
      modelCalls: () => server.mainRequests.length,
      heard: () => {
        const last = server.mainRequests.at(-1);
        return last === undefined ? [] : conversationTexts(last);
      },
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
  if ('answer' in step) return { text: JSON.stringify(step.answer) };
  if ('write' in step)
    return { tools: [{ name: 'create_file', input: { path: step.write, content: step.content } }] };
  if ('mcp' in step) {
    const { server, tool, input } = step.mcp;
    return { tools: [{ name: `mcp__${server}__${tool}`, input }] };
  }
  if ('client' in step)
    return { tools: [{ name: `mcp__client__${step.client.tool}`, input: step.client.input }] };
  const usage = step.usage === undefined ? {} : { usage: modelUsage(step.usage) };
  if ('command' in step) return { tools: [{ name: 'Bash', input: { cmd: step.command } }], ...usage };
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

testProvider('amp', subject, { describe, it });
