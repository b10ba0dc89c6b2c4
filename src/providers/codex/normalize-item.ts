import type { ToolResultData } from '../../domain/event-data.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { readFileChange } from './file-change.ts';
import { hasKnownForm } from './item-form.ts';
import { fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';
import type { NormalizerState, OpenCall } from './normalizer-state.ts';
import { resourceTools, toolCallOf } from './tool-call.ts';
import { unparsed } from './unparsed.ts';

/** Longest output of a tool that is passed on, in characters. */
const maximumOutput = 256 * 1024;

/** Items that say nothing new: the prompt, and what was said meanwhile. */
const ownItems: ReadonlySet<string> = new Set(['userMessage', 'hookPrompt']);
const saidItems: ReadonlySet<string> = new Set(['agentMessage', 'plan', 'reasoning', 'contextCompaction']);

/** An item begins. Of texts only their pieces and their end are told. */
export function normalizeItemStart(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const item = fieldOf(fieldOf(message, 'params'), 'item');
  if (!isJsonObject(item)) return [unparsed(message)];
  const type = textField(item, 'type') ?? '';
  if (ownItems.has(type) || saidItems.has(type)) return [];
  // What is searched for is known only at its end.
  if (type === 'webSearch') return [];
  const call = callOf(item, state);
  return call === undefined ? [unparsed(message)] : [startCall(call, item, state)];
}

/** An item is complete. */
export function normalizeItemEnd(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const item = fieldOf(fieldOf(message, 'params'), 'item');
  if (!isJsonObject(item)) return [unparsed(message)];
  const type = textField(item, 'type') ?? '';
  if (ownItems.has(type)) return [];
  switch (type) {
    case 'agentMessage':
    case 'plan':
      return messageEnd(message, item, state);
    case 'reasoning':
      return reasoningEnd(message, item, state);
    case 'contextCompaction':
      return [{ type: 'context_compacted', data: { trigger: 'auto' } }];
    default: {
      const call = callOf(item, state);
      if (call === undefined) return [unparsed(message)];
      const begun = state.calls.get(call.id)?.call;
      const isSame = begun === undefined || JSON.stringify(begun.input) === JSON.stringify(call.input);
      const events = endCall(call, item, state);
      return isSame && hasKnownForm(item) ? events : [...events, unparsed(message)];
    }
  }
}

/** A hook has ended. Of a call that it refused Codex tells nothing else. */
export function normalizeHookEnd(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const run = fieldOf(fieldOf(message, 'params'), 'run');
  const [runId, status] = [textField(run, 'id'), textField(run, 'status')];
  if (runId === undefined || status === undefined) return [unparsed(message)];
  if (status !== 'blocked') return [];
  const call = [...state.gated.values()].find(({ id }) => runId.endsWith(`:${id}`));
  return call === undefined ? [refusedUnasked(run)] : endCall(call, { status: 'declined' }, state);
}

/** The gate wasn't asked, so that the call is known by nothing but its refusal. */
function refusedUnasked(run: JsonValue | undefined): ProviderEvent {
  const said = listField(run, 'entries').flatMap((entry) => textField(entry, 'text') ?? []);
  const why = said.length === 0 ? 'it did not say why' : said.join(' ').slice(0, 500);
  const message = `Codex' hook refused a call of a tool for resources about which it could not ask: ${why}`;
  return { type: 'warning_raised', data: { code: 'codex_refused_unasked', message } };
}

/** The call of an item; the gate was asked about one for resources before Codex told of it. */
function callOf(item: JsonObject, state: NormalizerState): ToolCall | undefined {
  const told = toolCallOf(item, state.clientTools);
  return told === undefined ? undefined : (state.gated.get(told.id) ?? told);
}

function messageEnd(message: JsonObject, item: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const [messageId, text] = [textField(item, 'id'), textField(item, 'text')];
  if (messageId === undefined || text === undefined) return [unparsed(message)];
  // An answer that was cut off before its first character.
  if (text === '') return [];
  state.output = text;
  return [{ type: 'message_received', data: { messageId, role: 'assistant', text } }];
}

function reasoningEnd(
  message: JsonObject,
  item: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const messageId = textField(item, 'id');
  const parts = [...listField(item, 'summary'), ...listField(item, 'content')];
  const texts = parts.filter((part) => typeof part === 'string');
  if (messageId === undefined || texts.length < parts.length) return [unparsed(message)];
  if (fieldOf(item, 'summary') === undefined && fieldOf(item, 'content') === undefined)
    return [unparsed(message)];
  state.reasoning.delete(messageId);
  const text = texts.join('\n\n');
  return text === '' ? [] : [{ type: 'reasoning_received', data: { messageId, text } }];
}

function startCall(call: ToolCall, item: JsonObject, state: NormalizerState): ProviderEvent {
  const [server, name] = [textField(item, 'server'), textField(item, 'tool')];
  state.calls.set(call.id, {
    call,
    streamed: 0,
    asked: false,
    ...(server === undefined || name === undefined ? {} : { mcp: { server, tool: name } }),
  });
  const data = { toolCallId: call.id, name: call.name, tool: call.tool, kind: call.kind, input: call.input };
  return { type: 'tool_call_started', data };
}

/** A call that is told only when it is over gets its start here. */
function endCall(call: ToolCall, item: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const open = state.calls.get(call.id);
  const begun = open?.call;
  const started = begun === undefined ? [startCall(call, item, state)] : [];
  state.calls.delete(call.id);
  const data = resultData(begun ?? call, item);
  if (!hasSucceeded(item)) {
    return [
      ...started,
      { type: 'tool_call_failed', data: { ...data, reason: failureReason(call.id, item, state) } },
    ];
  }
  const changes = textField(item, 'type') === 'fileChange' ? listField(item, 'changes') : [];
  return [
    ...started,
    { type: 'tool_call_completed', data },
    ...(isUnasked(item, open, state) ? [unaskedWarning(call)] : []),
    ...changes
      .flatMap((change) => readFileChange(change, call.id))
      .map((change): ProviderEvent => ({ type: 'file_changed', data: change })),
  ];
}

/** A server may have a tool of such a name, about which Codex asks by itself. */
function isUnasked(item: JsonObject, open: OpenCall | undefined, state: NormalizerState): boolean {
  if (textField(item, 'type') !== 'mcpToolCall' || !resourceTools.has(textField(item, 'tool') ?? ''))
    return false;
  return open?.asked !== true && !state.gated.has(textField(item, 'id') ?? '');
}

function unaskedWarning(call: ToolCall): ProviderEvent {
  const message = `Codex called ${call.tool} without asking, which versions that were tested with do not do.`;
  return { type: 'warning_raised', data: { code: 'codex_unasked_call', message } };
}

function hasSucceeded(item: JsonObject): boolean {
  const status = textField(item, 'status');
  if (status === 'failed' || status === 'declined' || fieldOf(item, 'success') === false) return false;
  return (numberField(item, 'exitCode') ?? 0) === 0;
}

function failureReason(
  id: string,
  item: JsonObject,
  state: NormalizerState,
): 'error' | 'denied' | 'interrupted' {
  if (state.denied.has(id)) return 'denied';
  if (state.interrupted || state.cancelled) return 'interrupted';
  return textField(item, 'status') === 'declined' ? 'denied' : 'error';
}

function resultData(call: ToolCall, item: JsonObject): ToolResultData {
  const output = readOutput(item);
  const isLong = typeof output === 'string' && output.length > maximumOutput;
  const exitCode = numberField(item, 'exitCode');
  const durationMs = numberField(item, 'durationMs');
  return {
    toolCallId: call.id,
    name: call.name,
    tool: call.tool,
    output: isLong ? output.slice(0, maximumOutput) : output,
    ...(isLong ? { fullLength: output.length } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

/** What a tool gave, as text where all of it is text. */
function readOutput(item: JsonObject): JsonValue {
  switch (textField(item, 'type')) {
    case 'commandExecution':
      return fieldOf(item, 'aggregatedOutput') ?? '';
    case 'mcpToolCall': {
      const error = textField(fieldOf(item, 'error'), 'message');
      const result = fieldOf(item, 'result');
      return error ?? textOf(fieldOf(result, 'content')) ?? result ?? '';
    }
    case 'dynamicToolCall':
      return textOf(fieldOf(item, 'contentItems')) ?? fieldOf(item, 'contentItems') ?? '';
    case 'webSearch':
      return fieldOf(item, 'results') ?? '';
    default:
      return '';
  }
}

function textOf(content: JsonValue | undefined): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: JsonValue) => textField(part, 'text'));
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined;
}

/** Calls of which nothing more will be told, since their turn is over. */
export function endOpenCalls(state: NormalizerState): readonly ProviderEvent[] {
  const events = [...state.calls.values()].map(({ call }): ProviderEvent => {
    const data = { toolCallId: call.id, name: call.name, tool: call.tool, output: '' };
    return { type: 'tool_call_failed', data: { ...data, reason: failureReason(call.id, {}, state) } };
  });
  state.calls.clear();
  return events;
}
