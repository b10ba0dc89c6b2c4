import { createHash } from 'node:crypto';
import { quoteForShell, writeAuthorizeScript } from '../../bridge/authorize-script.ts';
import type { Bridge, BridgeHandlers } from '../../bridge/bridge-server.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { RunHost } from '../../ports/provider.ts';
import { askGate, withoutChange } from './gate-decision.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { mcpTool, resourceTools, toolInput } from './tool-call.ts';

const matcher = `^(${[...resourceTools].join('|')})$`;

/** Seconds that a question may stay open: longer than any approval. */
const hookTimeout = 25 * 60 * 60;

/** Codex's name of our hook: the first for tools among the settings that come with a conversation. */
const hookKey = '/<session-flags>/config.toml:pre_tool_use:0:0';

/**
 * The settings of a conversation that has its resource tools asked about over the bridge. `ownHooks` are the keys of
 * the hooks that the person has let Codex run, which stay off.
 */
export async function resourceGateSettings(bridge: Bridge, ownHooks: readonly string[]): Promise<JsonObject> {
  const script = await writeAuthorizeScript(bridge);
  // To Codex any other end than 2 is a yes, also that of a program that was killed.
  const command = `${quoteForShell(script)} || exit 2`;
  const off = ownHooks.map((key) => [key, { enabled: false }] as const);
  return {
    'features.hooks': true,
    hooks: {
      PreToolUse: [{ matcher, hooks: [{ type: 'command', command, timeout: hookTimeout }] }],
      state: { ...Object.fromEntries(off), [hookKey]: { enabled: true, trusted_hash: hookHash(command) } },
    },
  };
}

/** What Codex takes as the sign that a person has looked at a hook: a hash of its form, the fields in their order. */
function hookHash(command: string): string {
  const handler = { async: false, command, timeout: hookTimeout, type: 'command' };
  const identity = { event_name: 'pre_tool_use', hooks: [handler], matcher };
  return `sha256:${createHash('sha256').update(JSON.stringify(identity)).digest('hex')}`;
}

export interface ResourceGateOptions {
  readonly host: RunHost;
  readonly state: NormalizerState;
  /** Names of the MCP servers of the run. */
  readonly servers: readonly string[];
}

/** Decides about the calls of resource tools, of which the hook tells. */
export function createResourceGate(options: ResourceGateOptions): NonNullable<BridgeHandlers['authorize']> {
  const { host, state, servers } = options;
  return async (payload, { signal }) => {
    const told = fieldOf(payload, 'input');
    const [id, name] = [textField(told, 'tool_use_id'), textField(told, 'tool_name')];
    if (id === undefined || name === undefined || !resourceTools.has(name))
      return { decision: 'deny', reason: 'This is no call of a tool for resources.' };
    const input = toolInput(fieldOf(told, 'tool_input'));
    const server = serverOf(input['server'], servers);
    const call: ToolCall = { id, ...mcpTool(server ?? 'codex', name), input };
    state.gated.set(id, call);
    const authorization =
      server === undefined
        ? // Rules are about servers, so that each is asked about by itself.
          ({ decision: 'deny', reason: `Name one server: ${servers.join(', ')}.` } as const)
        : withoutChange(await askGate(host, call, signal));
    if (authorization.decision === 'deny') state.denied.add(id);
    return authorization;
  };
}

function serverOf(told: JsonValue | undefined, servers: readonly string[]): string | undefined {
  if (typeof told === 'string') return told;
  return servers.length === 1 ? servers[0] : undefined;
}
