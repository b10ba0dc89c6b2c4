import { AsmError } from '../../domain/error.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { McpServer, RunRequest } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import { fieldAt } from '../../domain/json-field.ts';
import type { CheckedNative } from './options.ts';
import { mergeMeta, withMeta } from './session-meta.ts';

/** Refuses what a run asks for and the agent has no way to do, before anything is started. */
export function refuseUnsupported(agent: AcpAgent, request: RunRequest): void {
  const wanted = [
    ['maxTurns', request.maxTurns !== undefined && agent.preset?.maxTurnsMeta === undefined],
    ['outputSchema', request.outputSchema !== undefined],
    ['fork', request.resume?.fork === true && agent.capabilities.fork === 'unsupported'],
  ] as const;
  for (const [name, isRefused] of wanted) if (isRefused) throw unsupported(agent, name);
}

/** That an agent has no way to do what a run asks for. */
export function unsupported(agent: AcpAgent, what: string): AsmError {
  return new AsmError('capability_not_supported', `The agent ${agent.name} has no way to take: ${what}.`, {
    details: { provider: agent.name, option: what },
  });
}

/** What is sent beside the id when a conversation is opened: folder, servers, instructions, `_meta`. */
export function sessionParameters(
  agent: AcpAgent,
  request: RunRequest,
  parts: {
    readonly native: CheckedNative;
    readonly mcpServers: { readonly [name: string]: McpServer };
    /** The answer to `initialize`. */
    readonly initialized: JsonValue;
  },
): JsonObject {
  const prompt = systemPrompt(agent, request.systemPrompt, parts.initialized);
  const meta = { ...sessionMeta(agent, request, parts.native), ...prompt.meta };
  return {
    cwd: request.cwd,
    mcpServers: Object.entries(parts.mcpServers).map(([name, server]) => mcpServer(name, server)),
    ...prompt.parameters,
    ...(Object.keys(meta).length === 0 ? {} : { _meta: meta }),
  };
}

function sessionMeta(agent: AcpAgent, request: RunRequest, native: CheckedNative): JsonObject {
  const { preset } = agent;
  const own = preset?.sessionMeta?.[request.trustProject ? 'trusted' : 'untrusted'] ?? {};
  const path = preset?.maxTurnsMeta;
  const limited =
    request.maxTurns === undefined || path === undefined ? own : withMeta(own, path, request.maxTurns);
  return mergeMeta(limited, native.sessionMeta ?? {});
}

/** Instructions go along only to an agent that says that it takes them. */
function systemPrompt(
  agent: AcpAgent,
  text: string | undefined,
  initialized: JsonValue,
): { readonly parameters?: JsonObject; readonly meta?: JsonObject } {
  if (text === undefined) return {};
  const path = ['agentCapabilities', 'sessionCapabilities', 'systemPrompt'];
  if ((fieldAt(initialized, path) ?? null) === null) throw unsupported(agent, 'systemPrompt');
  const own = agent.preset?.systemPromptMeta;
  if (own !== undefined) return { meta: { systemPrompt: { ...own, append: text } } };
  return { parameters: { systemPrompt: { mode: 'append', content: [{ type: 'text', text }] } } };
}

function mcpServer(name: string, server: McpServer): JsonObject {
  const pairs = (values: { readonly [name: string]: string } | undefined): readonly JsonObject[] =>
    Object.entries(values ?? {}).map(([key, value]) => ({ name: key, value }));
  return server.type === 'stdio'
    ? { name, command: server.command, args: server.arguments ?? [], env: pairs(server.environment) }
    : { type: server.type, name, url: server.url, headers: pairs(server.headers) };
}
