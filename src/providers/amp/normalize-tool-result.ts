import type { ToolResultData } from '../../domain/event-data.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import type { OpenCall } from './call-registry.ts';
import { readFileChange } from './file-change.ts';
import { fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { unparsed, withUnknownFields } from './unparsed.ts';

/** Longest output of a tool that is passed on, in characters. */
const maximumOutput = 256 * 1024;

const knownFields: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error']);

/** How Amp tells that a call was stopped. */
const cancelled = 'Tool execution cancelled';

/** The results in a message of the user's side. Its texts are what we said, or what others told the agent. */
export function normalizeUser(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const native = fieldOf(message, 'message');
  if (!Array.isArray(fieldOf(native, 'content'))) return [unparsed(message)];
  return listField(native, 'content').flatMap((block) => {
    switch (textField(block, 'type')) {
      case 'tool_result':
        return withUnknownFields(block, knownFields, normalizeToolResult(block, state));
      case 'text':
        return [];
      default:
        return [unparsed(block)];
    }
  });
}

function normalizeToolResult(block: JsonValue, state: NormalizerState): readonly ProviderEvent[] {
  const id = textField(block, 'tool_use_id');
  if (id === undefined) return [unparsed(block)];
  const open = state.calls.end(id);
  if (open === 'again') return [];
  // What a subagent called is over with it.
  const inner = endCalls(state, ({ call }) => call.lineage?.parentToolCallId === id);
  const content = fieldOf(block, 'content') ?? '';
  const result = readResult(open?.call.tool, content);
  const failed = fieldOf(block, 'is_error') === true || (result.exitCode ?? 0) !== 0;
  const data = resultData(id, open, result);
  if (failed) {
    const reason = failureReason(id, content, state);
    return [...inner, { type: 'tool_call_failed', data: { ...data, reason } }, ...endAgent(open, 'failed')];
  }
  const change = open === undefined ? undefined : readFileChange(open, content);
  return [
    ...inner,
    { type: 'tool_call_completed', data },
    ...(change === undefined ? [] : [{ type: 'file_changed' as const, data: change }]),
    ...endAgent(open, 'completed'),
  ];
}

/** Ends open calls of which Amp tells no result: those of subagents, what it left out, and what was stopped. */
export function endCalls(
  state: NormalizerState,
  isOver: (open: OpenCall) => boolean,
  how: 'done' | 'stopped' = 'done',
): readonly ProviderEvent[] {
  return state.calls
    .open()
    .filter(isOver)
    .flatMap((open): ProviderEvent[] => {
      if (state.calls.end(open.call.id) === 'again') return [];
      const data = resultData(open.call.id, open, { output: null });
      const isDenied = state.calls.isDenied(open.call.id);
      if (how === 'done' && !isDenied)
        return [{ type: 'tool_call_completed', data }, ...endAgent(open, 'completed')];
      const reason = isDenied ? 'denied' : 'interrupted';
      return [{ type: 'tool_call_failed', data: { ...data, reason } }, ...endAgent(open, 'interrupted')];
    });
}

/** The texts of a list of pieces, where all of it is text. */
function joinedTexts(content: string): string | undefined {
  if (!content.startsWith('[')) return undefined;
  const pieces = listField(parseObject(`{"pieces":${content}}`), 'pieces');
  const texts = pieces.map((piece) =>
    textField(piece, 'type') === 'text' ? textField(piece, 'text') : undefined,
  );
  return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join('\n') : undefined;
}

interface ReadResult {
  readonly output: JsonValue;
  readonly exitCode?: number | undefined;
}

/** What a tool gave. Amp tells a command's output and code, and what MCP tools gave, as JSON in a text. */
function readResult(tool: string | undefined, content: JsonValue): ReadResult {
  if (typeof content !== 'string') return { output: content };
  if (tool?.startsWith('mcp:') === true || tool?.startsWith('client:') === true)
    return { output: joinedTexts(content) ?? content };
  if (tool !== 'bash') return { output: content };
  const parsed = parseObject(content);
  const output = textField(parsed, 'output');
  return output === undefined ? { output: content } : { output, exitCode: numberField(parsed, 'exitCode') };
}

function resultData(id: string, open: OpenCall | undefined, result: ReadResult): ToolResultData {
  const { output, exitCode } = result;
  const isLong = typeof output === 'string' && output.length > maximumOutput;
  const parent = open?.call.lineage?.parentToolCallId;
  return {
    toolCallId: id,
    name: open?.call.name ?? 'unknown',
    tool: open?.call.tool ?? 'unknown',
    output: isLong ? output.slice(0, maximumOutput) : output,
    ...(isLong ? { fullLength: output.length } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(parent === undefined ? {} : { parentToolCallId: parent }),
  };
}

function failureReason(
  id: string,
  content: JsonValue,
  state: NormalizerState,
): 'error' | 'denied' | 'interrupted' {
  if (state.calls.isDenied(id)) return 'denied';
  const wasStopped = typeof content === 'string' && content.startsWith(cancelled);
  return state.interrupted || wasStopped ? 'interrupted' : 'error';
}

function endAgent(open: OpenCall | undefined, status: string): readonly ProviderEvent[] {
  if (open?.call.kind !== 'agent' || !open.told) return [];
  const { id } = open.call;
  return [{ type: 'subagent_completed', data: { agentId: id, toolCallId: id, status } }];
}

/** Text that should be a JSON object; an empty one where it is none. */
export function parseObject(text: string): JsonObject {
  if (!text.startsWith('{')) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
