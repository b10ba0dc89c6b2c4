import { clientToolName } from '../../domain/client-tool.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ToolCall, ToolKind, ToolLineage } from '../../domain/tool.ts';
import { commandText } from './command-text.ts';
import { fieldOf, listField, textField } from './native-fields.ts';

/** What an item of Codex is as a tool call; `undefined` for items that are none. */
export function toolCallOf(
  item: JsonObject,
  how: {
    /** Kinds of the caller's own tools, by their names. */
    readonly clientTools: ReadonlyMap<string, ToolKind>;
    readonly lineage?: ToolLineage | undefined;
  },
): ToolCall | undefined {
  const id = textField(item, 'id');
  if (id === undefined) return undefined;
  const call = identify(item, how.clientTools);
  if (call === undefined) return undefined;
  return { id, ...call, ...(how.lineage === undefined ? {} : { lineage: how.lineage }) };
}

type Identified = Omit<ToolCall, 'id' | 'lineage'>;

function identify(item: JsonObject, clientTools: ReadonlyMap<string, ToolKind>): Identified | undefined {
  switch (textField(item, 'type')) {
    case 'commandExecution':
      return commandCall(item);
    case 'fileChange':
      return patchCall(item);
    case 'mcpToolCall':
      return mcpCall(item);
    case 'dynamicToolCall': {
      const name = textField(item, 'tool') ?? 'unknown';
      const kind = clientTools.get(name) ?? 'client';
      return { name, tool: clientToolName(name), kind, input: toolInput(fieldOf(item, 'arguments')) };
    }
    case 'webSearch':
      return {
        name: 'web_search',
        tool: 'web_search',
        kind: 'fetch',
        input: pick(item, ['query', 'action']),
      };
    case 'imageView':
      return {
        name: 'view_image',
        tool: 'view_image',
        kind: 'read',
        input: pick(item, ['path']),
        ...pathsOf([textField(item, 'path')]),
      };
    case 'imageGeneration':
      return { name: 'image_generation', tool: 'image_generation', kind: 'other', input: {} };
    case 'collabAgentToolCall': {
      const tool = textField(item, 'tool') ?? 'unknown';
      const input = pick(item, ['prompt']);
      return tool === 'spawnAgent'
        ? { name: tool, tool: 'agent', kind: 'agent', input }
        : { name: tool, tool: `agent_${tool}`, kind: 'internal', input };
    }
    case 'sleep':
      return { name: 'sleep', tool: 'sleep', kind: 'internal', input: pick(item, ['durationMs']) };
    default:
      return undefined;
  }
}

function commandCall(item: JsonObject): Identified {
  const command = commandText(textField(item, 'command') ?? '');
  const cwd = textField(item, 'cwd');
  const input = { command, ...(cwd === undefined ? {} : { cwd }) };
  return { name: 'exec_command', tool: 'bash', kind: 'execute', input, command };
}

/** A patch that only makes files is a `write`, any other an `edit`. */
function patchCall(item: JsonObject): Identified {
  const changes = listField(item, 'changes');
  const kinds = changes.map((change) => textField(fieldOf(change, 'kind'), 'type'));
  const paths = changes.flatMap((change) => [
    textField(change, 'path'),
    textField(fieldOf(change, 'kind'), 'move_path'),
  ]);
  const isWrite = kinds.length > 0 && kinds.every((kind) => kind === 'add');
  return {
    name: 'apply_patch',
    tool: isWrite ? 'write' : 'edit',
    kind: 'edit',
    input: { changes },
    ...pathsOf(paths),
  };
}

function mcpCall(item: JsonObject): Identified {
  const [server = 'unknown', tool = 'unknown'] = [textField(item, 'server'), textField(item, 'tool')];
  return {
    name: `${server}.${tool}`,
    tool: `mcp:${server}/${tool}`,
    kind: 'other',
    input: toolInput(fieldOf(item, 'arguments')),
  };
}

function pathsOf(paths: readonly (string | undefined)[]): { readonly paths?: readonly string[] } {
  const known = paths.filter((path) => path !== undefined);
  return known.length === 0 ? {} : { paths: known };
}

function pick(item: JsonObject, names: readonly string[]): JsonObject {
  const picked: Record<string, JsonValue> = {};
  for (const name of names) {
    const value = fieldOf(item, name);
    if (value !== undefined && value !== null) picked[name] = value;
  }
  return picked;
}

/** A tool's input as an object, which it always should be; anything else is kept under `value`. */
export function toolInput(input: JsonValue | undefined): JsonObject {
  if (isJsonObject(input)) return input;
  return input === undefined || input === null ? {} : { value: input };
}
