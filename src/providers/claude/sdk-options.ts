import type { Bridge } from '../../bridge/bridge-server.ts';
import { clientServerName, withClientToolServer } from '../../bridge/helper-program.ts';
import type { McpServer, RunRequest } from '../../ports/provider.ts';
import type { PermissionMode } from '../../domain/tool.ts';
import type { CheckedNative } from './options.ts';
import type { PermissionHook } from './permission-hook.ts';
import type { ClaudeProcess } from './process.ts';
import type { SdkOptions } from './sdk.ts';
import { refusedTools } from './tool-call.ts';

/** Seconds that a question may stay open: longer than any approval. */
const hookTimeout = 25 * 60 * 60;

export interface SdkOptionsInput {
  readonly request: RunRequest;
  readonly native: CheckedNative;
  readonly model: string | undefined;
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Added to the system prompt; empty: nothing. */
  readonly appendedPrompt: string;
  /** Id of the conversation: ours for a new one, the old one's for going on. */
  readonly conversation: string;
  readonly permissions: PermissionHook;
  readonly agent: ClaudeProcess;
  /** Offers the client tools, where there are any. */
  readonly bridge: Bridge | undefined;
}

/** Our request in the SDK's words. */
export function sdkOptions(input: SdkOptionsInput): SdkOptions {
  const { request, native, model, permissions } = input;
  const refused = refusedTools(request.toolPolicy);
  return {
    cwd: request.cwd,
    env: { ...input.environment },
    pathToClaudeCodeExecutable: input.program,
    spawnClaudeCodeProcess: input.agent.spawn,
    includePartialMessages: true,
    forwardSubagentText: true,
    // Without it the settings of servers, secrets too, would stand on the command line.
    mcpServersDelivery: 'initialize',
    mcpServers: mcpServers(input),
    settingSources: request.trustProject ? ['project', 'local'] : [],
    strictMcpConfig: !request.trustProject,
    permissionMode: nativePermissionMode(request.permissionMode),
    systemPrompt: {
      type: 'preset',
      preset: 'claude_code',
      // Without it the conversation would keep the prompt of its first run.
      ...(input.appendedPrompt === '' ? {} : { append: input.appendedPrompt, snapshot: false }),
    },
    hooks: {
      PreToolUse: [
        {
          hooks: [(call, toolCallId, { signal }) => permissions.beforeTool(call, toolCallId, signal)],
          timeout: hookTimeout,
          onFailure: 'block',
        },
      ],
    },
    canUseTool: (name, given, { toolUseID, agentID, signal }) =>
      permissions.canUseTool(name, given, { toolCallId: toolUseID, agentId: agentID, signal }),
    ...(refused === undefined ? {} : { disallowedTools: [...refused.tools] }),
    ...conversation(input),
    ...(model === undefined ? {} : { model }),
    ...(request.maxTurns === undefined ? {} : { maxTurns: request.maxTurns }),
    ...(request.outputSchema === undefined
      ? {}
      : { outputFormat: { type: 'json_schema', schema: request.outputSchema } }),
    ...nativeOptions(native),
  };
}

/** Our five modes are decided in the gate; only planning is also told to the agent. */
export function nativePermissionMode(mode: PermissionMode): 'default' | 'plan' {
  return mode === 'plan' ? 'plan' : 'default';
}

function conversation({ request, conversation: id }: SdkOptionsInput): SdkOptions {
  if (request.resume === undefined) return { sessionId: id };
  if (!request.resume.fork) return { resume: id };
  return { resume: request.resume.handle.id, forkSession: true, sessionId: id };
}

function nativeOptions(native: CheckedNative): SdkOptions {
  const { agents, additionalDirectories, maxThinkingTokens, fallbackModel, betas } = native;
  return {
    ...(agents === undefined ? {} : { agents: agentDefinitions(agents) }),
    ...(additionalDirectories === undefined ? {} : { additionalDirectories }),
    ...(maxThinkingTokens === undefined ? {} : { thinking: thinkingBudget(maxThinkingTokens) }),
    ...(fallbackModel === undefined ? {} : { fallbackModel }),
    // The SDK's list of names is of its own date; the model service decides which it knows.
    ...(betas === undefined ? {} : { extraArgs: { betas: betas.join(',') } }),
  };
}

function agentDefinitions(agents: NonNullable<CheckedNative['agents']>): NonNullable<SdkOptions['agents']> {
  return Object.fromEntries(
    Object.entries(agents).map(([name, { description, prompt, tools, model }]) => [
      name,
      {
        description,
        prompt,
        ...(tools === undefined ? {} : { tools }),
        ...(model === undefined ? {} : { model }),
      },
    ]),
  );
}

function thinkingBudget(tokens: number): NonNullable<SdkOptions['thinking']> {
  return tokens === 0 ? { type: 'disabled' } : { type: 'enabled', budgetTokens: tokens };
}

type SdkServer = NonNullable<SdkOptions['mcpServers']>[string];

function mcpServers({ request, bridge }: SdkOptionsInput): NonNullable<SdkOptions['mcpServers']> {
  const given = request.mcpServers ?? {};
  const servers = bridge === undefined ? given : withClientToolServer(given, bridge);
  return Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [
      name,
      {
        ...mcpServer(server),
        // What the caller offers is there from the first turn on; how long a call takes is for the caller to say.
        ...(bridge !== undefined && name === clientServerName
          ? { alwaysLoad: true, timeout: hookTimeout * 1_000 }
          : {}),
      },
    ]),
  );
}

function mcpServer(server: McpServer): SdkServer {
  if (server.type !== 'stdio') return { type: server.type, url: server.url, headers: { ...server.headers } };
  return {
    type: 'stdio',
    command: server.command,
    args: [...(server.arguments ?? [])],
    env: { ...server.environment },
  };
}
