import { clientToolCall, type ClientToolDescription } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import { fieldOf, listField, objectField, textField } from '../../domain/json-field.ts';
import { scriptOf } from './shell-script.ts';

/** The client tools of a run, by their names. */
export type ClientTools = ReadonlyMap<string, ClientToolDescription>;

/** The call that an item of Codex's stands for; `undefined` for items that are no tool's. */
export function toolCallOf(item: JsonObject, clientTools: ClientTools): ToolCall | undefined {
  const id = textField(item, 'id');
  if (id === undefined) return undefined;
  switch (textField(item, 'type')) {
    case 'commandExecution':
      return commandCall(id, item);
    case 'fileChange':
      return fileCall(id, item);
    case 'mcpToolCall':
      return mcpCall(id, item, clientTools);
    case 'dynamicToolCall':
      return clientCall(
        id,
        textField(item, 'tool') ?? '',
        toolInput(fieldOf(item, 'arguments')),
        clientTools,
      );
    case 'webSearch':
      return { id, name: 'web_search', tool: 'web_search', kind: 'fetch', input: searchInput(item) };
    case 'imageView':
      return imageCall(id, item);
    case 'collabAgentToolCall':
      return {
        id,
        name: textField(item, 'tool') ?? 'agent',
        tool: 'agent',
        kind: 'agent',
        input: agentInput(item),
      };
    default:
      return undefined;
  }
}

/** A call of a function of the caller; one that was not offered is unknown, which permissions treat as dangerous. */
export function clientCall(id: string, name: string, input: JsonObject, clientTools: ClientTools): ToolCall {
  const tool = clientTools.get(name);
  return tool === undefined
    ? { id, name, tool: name.toLowerCase(), kind: 'other', input }
    : clientToolCall(tool, { id, input });
}

function commandCall(id: string, item: JsonObject): ToolCall {
  const command = scriptOf(textField(item, 'command') ?? '');
  const cwd = textField(item, 'cwd');
  return {
    id,
    name: 'exec_command',
    tool: 'bash',
    kind: 'execute',
    input: { command, ...(cwd === undefined ? {} : { cwd }) },
    command,
  };
}

/** Codex's own tools for what MCP servers have besides tools. It asks about them only by a hook. */
export const resourceTools: ReadonlySet<string> = new Set([
  'list_mcp_resources',
  'list_mcp_resource_templates',
  'read_mcp_resource',
]);

/** Where an MCP server of ours offers the client tools. */
const clientServer = 'client';

function mcpCall(id: string, item: JsonObject, clientTools: ClientTools): ToolCall {
  const server = textField(item, 'server') ?? '';
  const name = textField(item, 'tool') ?? '';
  const input = toolInput(fieldOf(item, 'arguments'));
  if (server === clientServer && clientTools.has(name)) return clientCall(id, name, input, clientTools);
  return { id, ...mcpTool(server, name), input };
}

/** What a tool of an MCP server is called. */
export function mcpTool(server: string, name: string): Pick<ToolCall, 'name' | 'tool' | 'kind'> {
  return { name: `${server}.${name}`, tool: `mcp:${server}/${name}`, kind: 'other' };
}

/** A patch may change several files; it is a `write` when it only makes new ones. */
function fileCall(id: string, item: JsonObject): ToolCall {
  const changes = listField(item, 'changes');
  const isNew = changes.length > 0 && changes.every((change) => changeKind(change) === 'add');
  const paths = changes.flatMap((change) => [
    ...[textField(change, 'path')].filter((path) => path !== undefined),
    ...[textField(objectField(change, 'kind'), 'move_path')].filter((path) => path !== undefined),
  ]);
  return {
    id,
    name: 'apply_patch',
    tool: isNew ? 'write' : 'edit',
    kind: 'edit',
    input: { changes },
    ...(paths.length === 0 ? {} : { paths }),
  };
}

/** What a patch does to one file. */
export function changeKind(change: JsonValue): string | undefined {
  return textField(objectField(change, 'kind'), 'type');
}

function imageCall(id: string, item: JsonObject): ToolCall {
  const path = textField(item, 'path');
  const found = path === undefined ? {} : { path };
  return {
    id,
    name: 'view_image',
    tool: 'read',
    kind: 'read',
    input: found,
    ...(path === undefined ? {} : { paths: [path] }),
  };
}

function searchInput(item: JsonObject): JsonObject {
  const action = fieldOf(item, 'action');
  return { query: textField(item, 'query') ?? '', ...(isJsonObject(action) ? { action } : {}) };
}

function agentInput(item: JsonObject): JsonObject {
  const prompt = textField(item, 'prompt');
  return prompt === undefined ? {} : { prompt };
}

/** A tool's input as an object, which it always should be; anything else is kept under `value`. */
export function toolInput(input: JsonValue | undefined): JsonObject {
  if (isJsonObject(input)) return input;
  return input === undefined || input === null ? {} : { value: input };
}
