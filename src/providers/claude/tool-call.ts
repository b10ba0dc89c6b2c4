import { clientServerName } from '../../bridge/helper-program.ts';
import { clientToolCall, type ClientToolDescription } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { refuseTools, type ToolPolicy, type ToolRefusal } from '../../domain/tool-policy.ts';
import type { ToolCall, ToolKind, ToolLineage } from '../../domain/tool.ts';
import { textField } from '../../domain/json-field.ts';

interface KnownTool {
  readonly tool: string;
  readonly kind: ToolKind;
  /** Fields of the input that hold a path. */
  readonly paths?: readonly string[];
  /** Fields of the input that say nothing about what the call does. */
  readonly remarks?: readonly string[];
}

/** Claude Code's own tools. What is not here is `other`, which permissions treat as dangerous. */
const knownTools: ReadonlyMap<string, KnownTool> = new Map<string, KnownTool>([
  ['Bash', { tool: 'bash', kind: 'execute', remarks: ['description'] }],
  ['BashOutput', { tool: 'bash_output', kind: 'internal' }],
  ['KillShell', { tool: 'kill_shell', kind: 'internal' }],
  ['KillBash', { tool: 'kill_shell', kind: 'internal' }],
  ['Monitor', { tool: 'monitor', kind: 'execute' }],
  ['PowerShell', { tool: 'powershell', kind: 'execute' }],
  ['Read', { tool: 'read', kind: 'read', paths: ['file_path'] }],
  ['NotebookRead', { tool: 'read', kind: 'read', paths: ['notebook_path'] }],
  ['LS', { tool: 'list', kind: 'read', paths: ['path'] }],
  ['Glob', { tool: 'glob', kind: 'search', paths: ['path'] }],
  ['Grep', { tool: 'grep', kind: 'search', paths: ['path'] }],
  ['LSP', { tool: 'lsp', kind: 'search', paths: ['filePath'] }],
  ['Write', { tool: 'write', kind: 'edit', paths: ['file_path'] }],
  ['Edit', { tool: 'edit', kind: 'edit', paths: ['file_path'] }],
  ['MultiEdit', { tool: 'edit', kind: 'edit', paths: ['file_path'] }],
  ['NotebookEdit', { tool: 'edit', kind: 'edit', paths: ['notebook_path'] }],
  ['WebFetch', { tool: 'web_fetch', kind: 'fetch' }],
  ['WebSearch', { tool: 'web_search', kind: 'fetch' }],
  ['Task', { tool: 'agent', kind: 'agent' }],
  ['Agent', { tool: 'agent', kind: 'agent' }],
  ['AskUserQuestion', { tool: 'ask_user', kind: 'question' }],
  ['ExitPlanMode', { tool: 'exit_plan', kind: 'plan' }],
  ['EnterPlanMode', { tool: 'enter_plan', kind: 'internal' }],
  ['TodoWrite', { tool: 'plan_write', kind: 'internal' }],
  ['TaskCreate', { tool: 'task_create', kind: 'internal' }],
  ['TaskUpdate', { tool: 'task_update', kind: 'internal' }],
  ['TaskGet', { tool: 'task_get', kind: 'internal' }],
  ['TaskList', { tool: 'task_list', kind: 'internal' }],
  ['TaskOutput', { tool: 'task_output', kind: 'internal' }],
  ['TaskStop', { tool: 'task_stop', kind: 'internal' }],
  ['ToolSearch', { tool: 'tool_search', kind: 'internal' }],
  ['StructuredOutput', { tool: 'structured_output', kind: 'internal' }],
]);

/** Our name of a tool of Claude Code, and what it does. */
export function toolIdentity(name: string): { readonly tool: string; readonly kind: ToolKind } {
  const known = knownTools.get(name);
  if (known !== undefined) return { tool: known.tool, kind: known.kind };
  return { tool: mcpToolName(name) ?? name.toLowerCase(), kind: 'other' };
}

/** What Claude Code is told to refuse: tools of its own, and those of MCP servers that are denied by name. */
export function refusedTools(policy: ToolPolicy | undefined): ToolRefusal | undefined {
  const own = [...knownTools].map(([name, { tool, kind }]) => ({ name, tool, kind }));
  const servers = (policy?.deny ?? []).flatMap((denied): KnownRefusal[] => {
    const name = mcpPattern(denied);
    return name === undefined ? [] : [{ name, tool: denied, kind: 'other' }];
  });
  return refuseTools('disallowedTools', policy, [...own, ...servers]);
}

type KnownRefusal = Pick<ToolCall, 'name' | 'tool' | 'kind'>;

/** `mcp:server/tool` as `mcp__server__tool`, and all tools of a server as `mcp__server`. */
function mcpPattern(name: string): string | undefined {
  const [, server, tool] = /^mcp:([^/*]+)\/([^*]+|\*)$/.exec(name) ?? [];
  if (server === undefined) return undefined;
  return tool === '*' ? `mcp__${server}` : `mcp__${server}__${tool}`;
}

/** The client tools of a run, by the names that Claude Code gives them. */
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
  const command = known?.kind === 'execute' ? textField(call.input, 'command') : undefined;
  const paths = (known?.paths ?? []).flatMap((field) => textField(call.input, field) ?? []);
  return {
    id: call.id,
    name: call.name,
    ...toolIdentity(call.name),
    input: call.input,
    ...(command === undefined ? {} : { command }),
    ...(paths.length === 0 ? {} : { paths }),
    ...(known?.remarks === undefined ? {} : { remarks: known.remarks }),
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
  const prefix = 'mcp__';
  if (!name.startsWith(prefix)) return undefined;
  const split = name.indexOf('__', prefix.length);
  if (split <= prefix.length || split + 2 >= name.length) return undefined;
  return `mcp:${name.slice(prefix.length, split)}/${name.slice(split + 2)}`;
}
