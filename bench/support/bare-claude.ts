import { randomUUID } from 'node:crypto';
import { query, type Options, type SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import { claudeEnvironment } from '../../src/providers/claude/environment.ts';
import { createRunRequest } from '../../src/testing/index.ts';
import type { AgentPlace } from './run-overhead.ts';

/** Runs Claude Code with its SDK and the options that our provider gives, until the program has ended. */
export async function runBareClaude(prompt: string, place: AgentPlace): Promise<void> {
  let subtype: string | undefined;
  for await (const message of query({ prompt: once(prompt), options: optionsFor(place) })) {
    if (message.type === 'result') subtype = message.subtype;
  }
  if (subtype !== 'success') throw new Error(`The bare run ended with ${subtype}.`);
}

async function* once(text: string): AsyncGenerator<SDKUserMessage, void, void> {
  yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, session_id: '' };
}

function optionsFor({ cwd, environment }: AgentPlace): Options {
  // What our provider passes on besides: a machine's certificates alone cost the program 20 ms to read.
  const given = claudeEnvironment(createRunRequest({ cwd, environment: { set: environment } }));
  return {
    cwd,
    env: { ...given },
    includePartialMessages: true,
    forwardSubagentText: true,
    mcpServersDelivery: 'initialize',
    mcpServers: {},
    settingSources: [],
    strictMcpConfig: true,
    permissionMode: 'default',
    systemPrompt: { type: 'preset', preset: 'claude_code' },
    sessionId: randomUUID(),
    hooks: {
      PreToolUse: [
        {
          hooks: [
            () =>
              Promise.resolve({
                hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'allow' },
              }),
          ],
          // As we give it: a hook that fails must not let a tool run, so that the SDK holds the prompt until the
          // program has said that it knows such hooks.
          timeout: 25 * 60 * 60,
          onFailure: 'block',
        },
      ],
    },
    canUseTool: (_name, input) => Promise.resolve({ behavior: 'allow', updatedInput: input }),
  };
}
