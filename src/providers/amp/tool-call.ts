import { clientServerName } from '../../bridge/helper-program.ts';
import { clientToolCall, type ClientToolDescription } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { refuseTools, type ToolPolicy, type ToolRefusal } from '../../domain/tool-policy.ts';
import type { ToolCall, ToolKind, ToolLineage } from '../../domain/tool.ts';
import { textField } from '../../domain/json-field.ts';

interface KnownTool {
  readonly tool: string;
  readonly kind: ToolKind;
  /** The field of the input that holds a path. */
  readonly path?: string;
  /** The field of the input that holds a shell command. */
  readonly command?: string;
}

/** Amp's own tools. What is not here is `other`, which permissions treat as dangerous. */
const knownTools: ReadonlyMap<string, KnownTool> = new Map<string, KnownTool>([
  ['Bash', { tool: 'bash', kind: 'execute', command: 'cmd' }],
  ['shell_command', { tool: 'bash', kind: 'execute', command: 'command' }],
  ['Read', { tool: 'read', kind: 'read', path: 'path' }],
  ['look_at', { tool: 'look_at', kind: 'read', path: 'path' }],
  ['glob', { tool: 'glob', kind: 'search' }],
  ['Grep', { tool: 'grep', kind: 'search', path: 'path' }],
  ['create_file', { tool: 'write', kind: 'edit', path: 'path' }],
  ['edit_file', { tool: 'edit', kind: 'edit', path: 'path' }],
  ['undo_edit', { tool: 'undo_edit', kind: 'edit', path: 'path' }],
  ['apply_patch', { tool: 'apply_patch', kind: 'edit' }],
  ['read_web_page', { tool: 'web_fetch', kind: 'fetch' }],
  ['web_search', { tool: 'web_search', kind: 'fetch' }],
  ['find_thread', { tool: 'find_thread', kind: 'fetch' }],
  ['read_thread', { tool: 'read_thread', kind: 'fetch' }],
  ['Task', { tool: 'agent', kind: 'agent' }],
  ['finder', { tool: 'finder', kind: 'agent' }],
  ['oracle', { tool: 'oracle', kind: 'agent' }],
  ['librarian', { tool: 'librarian', kind: 'agent' }],
  ['mermaid', { tool: 'mermaid', kind: 'internal' }],
  ['task_list', { tool: 'task_list', kind: 'internal' }],
  ['todo_read', { tool: 'plan_read', kind: 'internal' }],
  ['todo_write', { tool: 'plan_write', kind: 'internal' }],
]);

/** What Amp is told to refuse of its own tools. */
export function refusedTools(policy: ToolPolicy | undefined): ToolRefusal | undefined {
  const own = [...knownTools].map(([name, { tool, kind }]) => ({ name, tool, kind }));
  return refuseTools('amp.permissions', policy, own);
}

/** The client tools of a run, by the names that Amp gives them. */
export type ClientToolNames = ReadonlyMap<string, ClientToolDescription>;

/** Names the client tools of a run. */
export function clientToolNames(tools: readonly ClientToolDescription[] = []): ClientToolNames {
  return new Map(tools.map((tool) => [`mcp__${clientServerName}__${tool.name}`, tool]));
}

/** Builds the call that permissions are asked about. */
export function buildToolCall(
  call: {
    readonly id: string;
    readonly name: string;
    readonly input: JsonObject;
    readonly lineage?: ToolLineage | undefined;
  },
  clientTools: ClientToolNames,
): ToolCall {
  const clientTool = clientTools.get(call.name);
  if (clientTool !== undefined) return clientToolCall(clientTool, call);
  const known = knownTools.get(call.name);
  const command = known?.command === undefined ? undefined : textField(call.input, known.command);
  const path = known?.path === undefined ? undefined : textField(call.input, known.path);
  return {
    id: call.id,
    name: call.name,
    tool: known?.tool ?? mcpToolName(call.name) ?? call.name.toLowerCase(),
    kind: known?.kind ?? 'other',
    input: call.input,
    ...(command === undefined ? {} : { command }),
    ...(path === undefined ? {} : { paths: [path] }),
    ...(call.lineage === undefined ? {} : { lineage: call.lineage }),
  };
}

/** A tool's input as an object, which it always should be; anything else is kept under `value`. */
export function toolInput(input: JsonValue | undefined): JsonObject {
  if (isJsonObject(input)) return input;
  return input === undefined || input === null ? {} : { value: input };
}

/** `mcp__server__tool` as `mcp:server/tool`; the tool's own name may hold two underscores. */
function mcpToolName(name: string): string | undefined {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? [];
  return server === undefined || tool === undefined ? undefined : `mcp:${server}/${tool}`;
}
