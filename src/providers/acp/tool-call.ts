import { clientServerName } from '../../bridge/helper-program.ts';
import { clientToolCall, type ClientToolDescription } from '../../domain/client-tool.ts';
import { isJsonObject, toJson, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ToolCall, ToolKind } from '../../domain/tool.ts';
import type { OpenCall } from './call-registry.ts';
import { listField, textField } from '../../domain/json-field.ts';
import type { AcpPreset } from './preset.ts';

/** What a kind of the protocol means to permissions. What isn't here is dangerous. */
const byNativeKind: ReadonlyMap<string, { readonly tool: string; readonly kind: ToolKind }> = new Map([
  ['execute', { tool: 'bash', kind: 'execute' }],
  ['read', { tool: 'read', kind: 'read' }],
  ['search', { tool: 'search', kind: 'search' }],
  ['edit', { tool: 'edit', kind: 'edit' }],
  ['delete', { tool: 'delete', kind: 'edit' }],
  ['move', { tool: 'move', kind: 'edit' }],
  ['fetch', { tool: 'web_fetch', kind: 'fetch' }],
  ['switch_mode', { tool: 'exit_plan', kind: 'plan' }],
]);

/** Fields of inputs that hold paths in the agents that we know of. */
const pathFields = [
  'path',
  'file_path',
  'filePath',
  'abs_path',
  'source',
  'destination',
  'old_path',
  'new_path',
] as const;

/** Kinds of tools whose paths say what they look at or change. */
const pathKinds: ReadonlySet<ToolKind> = new Set(['read', 'search', 'edit']);

/** A command that the agent doesn't tell. Rules take it for one of which nothing is known. */
export const unknownCommand = '"$UNKNOWN_COMMAND"';

/** Characters of a title that serve as a name. */
const maximumName = 200;

/** What is needed to understand the calls of one run. */
export interface CallReader {
  readonly preset: AcpPreset | undefined;
  readonly clientTools: readonly ClientToolDescription[];
}

/** The name by which a call is known: the tool's, else its title. */
export function callName(call: OpenCall): string {
  const name = call.name ?? call.title;
  return name === '' ? call.nativeKind : name.slice(0, maximumName);
}

/** Our name of the tool, and what it does. */
export function toolIdentity(
  call: OpenCall,
  reader: CallReader,
): { readonly tool: string; readonly kind: ToolKind } {
  const client = clientToolOf(call, reader);
  if (client !== undefined) {
    const { tool, kind } = clientToolCall(client, { id: call.id, input: {} });
    return { tool, kind };
  }
  const tools = reader.preset?.tools;
  if (call.name !== undefined && tools !== undefined) {
    const known = Object.hasOwn(tools, call.name) ? tools[call.name] : undefined;
    if (known !== undefined) return { tool: known.tool, kind: known.kind };
    return { tool: mcpToolName(call.name) ?? call.name.toLowerCase(), kind: 'other' };
  }
  const mcp = call.name === undefined ? undefined : mcpToolName(call.name);
  if (mcp !== undefined) return { tool: mcp, kind: 'other' };
  return byNativeKind.get(call.nativeKind) ?? { tool: callName(call).toLowerCase(), kind: 'other' };
}

/** The call that permissions are asked about. */
export function readToolCall(call: OpenCall, reader: CallReader): ToolCall {
  const { tool, kind } = toolIdentity(call, reader);
  const input = inputObject(call.input);
  const paths = pathKinds.has(kind) ? pathsOf(call, input, reader.preset) : [];
  return {
    id: call.id,
    name: callName(call),
    tool,
    kind,
    input,
    ...(kind === 'execute' ? { command: commandOf(input) ?? unknownCommand } : {}),
    ...(paths.length === 0 ? {} : { paths }),
    ...(call.parent === undefined ? {} : { lineage: { parentToolCallId: call.parent } }),
  };
}

/** The client tool that a call is for: that of our own server in this run. */
export function clientToolOf(call: OpenCall, reader: CallReader): ClientToolDescription | undefined {
  if (call.name === undefined || reader.clientTools.length === 0) return undefined;
  const mcp = mcpToolName(call.name);
  return reader.clientTools.find((tool) => mcp === `mcp:${clientServerName}/${tool.name}`);
}

/** A tool's input as an object, of a bounded depth; anything else is kept under `value`. */
function inputObject(input: JsonValue): JsonObject {
  const json = toJson(input);
  return isJsonObject(json) ? json : { value: json };
}

function commandOf(input: JsonObject): string | undefined {
  for (const name of ['command', 'cmd']) {
    const text = textField(input, name);
    if (text !== undefined && text.trim() !== '') return text;
    const words = listField(input, name).filter((word) => typeof word === 'string');
    if (words.length > 0) return commandLine(words);
  }
  return undefined;
}

/** A program and its arguments as a shell would read them. What is handed to a shell is its command. */
function commandLine(words: readonly string[]): string {
  const [program = '', option = '', script] = words;
  if (/^(?:.*\/)?(?:ba|z|da)?sh$/.test(program) && /^-l?c$/.test(option) && script !== undefined)
    return script;
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

function pathsOf(call: OpenCall, input: JsonObject, preset: AcpPreset | undefined): readonly string[] {
  const known = call.name === undefined ? undefined : preset?.tools?.[call.name]?.paths;
  const fields = [...(known ?? []), ...pathFields].flatMap((name) => textField(input, name) ?? []);
  const shown = [...call.places, ...call.diffs].map((place) => place.path);
  return [...new Set([...fields, ...shown])];
}

/** `mcp__server__tool` as `mcp:server/tool`; the tool's own name may hold two underscores. */
function mcpToolName(name: string): string | undefined {
  const prefix = 'mcp__';
  if (!name.startsWith(prefix)) return undefined;
  const split = name.indexOf('__', prefix.length);
  if (split <= prefix.length || split + 2 >= name.length) return undefined;
  return `mcp:${name.slice(prefix.length, split)}/${name.slice(split + 2)}`;
}
