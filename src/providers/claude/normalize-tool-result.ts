import type { ToolResultData } from '../../domain/event-data.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import type { OpenCall } from './call-registry.ts';
import { readFileChange } from './file-change.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { endAgent } from './subagent-end.ts';
import { toolIdentity } from './tool-call.ts';
import { unparsed } from './unparsed.ts';

/** Longest output of a tool that is passed on, in characters. */
const maximumOutput = 256 * 1024;

/** Where a result came from. */
export interface ResultSource {
  /** The tool call that started the thread; `undefined` for the main one. */
  readonly thread: string | undefined;
  /** The tool's own result object, which Claude Code adds beside what it tells the model. */
  readonly sidecar: JsonValue | undefined;
}

/** The result of a tool call, and what it changed. */
export function normalizeToolResult(
  content: JsonValue,
  source: ResultSource,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const id = textField(content, 'tool_use_id');
  if (id === undefined) return [unparsed(content)];
  const call = state.calls.close(id);
  const isError = fieldOf(content, 'is_error') === true;
  const agent = state.subagents.startedBy(id);
  // A subagent in the background works on after this; its end is told apart.
  const ended =
    agent === undefined || agent.background
      ? []
      : endAgent(agent.agentId, isError ? 'failed' : 'completed', undefined, state);
  const data = resultData(id, call, content, source, isError);
  const strange = fieldOf(content, 'content') === undefined ? [unparsed(content)] : [];
  if (isError)
    return [
      ...ended,
      { type: 'tool_call_failed', data: { ...data, reason: failureReason(id, source, state) } },
      ...strange,
    ];
  return [...ended, { type: 'tool_call_completed', data }, ...strange, ...effects(call, source, state)];
}

function resultData(
  id: string,
  call: OpenCall | undefined,
  content: JsonValue,
  source: ResultSource,
  isError: boolean,
): ToolResultData {
  const name = call?.name ?? 'unknown';
  const output = readOutput(fieldOf(content, 'content'));
  const isLong = typeof output === 'string' && output.length > maximumOutput;
  const exitCode = name === 'Bash' ? readExitCode(output, source, isError) : undefined;
  const parent = source.thread ?? call?.parentToolCallId;
  return {
    toolCallId: id,
    name,
    tool: call?.tool ?? toolIdentity(name).tool,
    output: isLong ? output.slice(0, maximumOutput) : output,
    ...(isLong ? { fullLength: output.length } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(parent === undefined ? {} : { parentToolCallId: parent }),
  };
}

/** Text where all of it is text; else the parts as they are. */
function readOutput(content: JsonValue | undefined): JsonValue {
  if (content === undefined) return '';
  if (!Array.isArray(content)) return content;
  const texts = content.map((part: JsonValue) => textField(part, 'text'));
  return texts.every((text) => text !== undefined) ? texts.join('\n') : content;
}

/** Claude Code tells a failed command's code only in the first line of its output. */
function readExitCode(output: JsonValue, source: ResultSource, isError: boolean): number | undefined {
  if (!isError) {
    const isForeground = fieldOf(source.sidecar, 'backgroundTaskId') === undefined;
    return isForeground && fieldOf(source.sidecar, 'interrupted') === false ? 0 : undefined;
  }
  const match = typeof output === 'string' ? /^Exit code (\d{1,3})(?:\n|$)/.exec(output) : null;
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function failureReason(
  id: string,
  source: ResultSource,
  state: NormalizerState,
): 'error' | 'denied' | 'interrupted' {
  if (state.interrupted || fieldOf(source.sidecar, 'interrupted') === true) return 'interrupted';
  return state.isDenied(id) ? 'denied' : 'error';
}

function effects(
  call: OpenCall | undefined,
  source: ResultSource,
  state: NormalizerState,
): readonly ProviderEvent[] {
  if (call === undefined) return [];
  const change = readFileChange(call.name, call.id, source.sidecar);
  const steps = state.plan.apply(call.name, call.input, source.sidecar);
  return [
    ...(change === undefined ? [] : [{ type: 'file_changed' as const, data: change }]),
    ...(steps === undefined ? [] : [{ type: 'plan_updated' as const, data: { steps } }]),
  ];
}

/** Pieces of the user's side that say nothing new: the prompt, and what was said meanwhile. */
const ownPieces: ReadonlySet<string> = new Set(['text', 'image', 'document']);

/** The results in a message of the user's side, which is where Claude Code puts them. */
export function normalizeUser(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const thread = textField(message, 'parent_tool_use_id');
  const content = fieldOf(fieldOf(message, 'message'), 'content');
  if (typeof content === 'string') return [];
  if (!Array.isArray(content)) return [unparsed(message)];
  const pieces: readonly JsonValue[] = content;
  const results = pieces.filter((piece) => textField(piece, 'type') === 'tool_result');
  // The sidecar belongs to the message; with several results in one it can't be told whose it is.
  const sidecar = results.length === 1 ? fieldOf(message, 'tool_use_result') : undefined;
  return pieces.flatMap((piece) => {
    const type = textField(piece, 'type') ?? '';
    if (type === 'tool_result') return normalizeToolResult(piece, { thread, sidecar }, state);
    return ownPieces.has(type) ? [] : [unparsed(piece)];
  });
}
