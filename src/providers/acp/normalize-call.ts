import type { EventData, ToolResultData } from '../../domain/event-data.ts';
import { toJson, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import type { OpenCall } from './call-registry.ts';
import { fieldOf, numberField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { textDiff } from './text-diff.ts';
import { callName, readToolCall, toolIdentity } from './tool-call.ts';

/** Longest output of a tool that is passed on, in characters. */
const maximumOutput = 256 * 1024;

/** What an agent says about a call: its beginning, what became known of it, its end. `undefined`: no call. */
export function normalizeCall(
  update: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const id = textField(update, 'toolCallId');
  if (id !== undefined && state.calls.hasEnded(id)) return [];
  const call = state.calls.merge(update);
  if (call === undefined) return undefined;
  const events: ProviderEvent[] = [];
  const hasInput = typeof call.input !== 'object' || Object.keys(call.input ?? {}).length > 0;
  const isKnown = hasInput && state.reader.preset?.streamsToolInput !== true;
  if (call.status !== 'pending' || isKnown) events.push(...startCall(call, state));
  if (call.status === 'completed' || call.status === 'failed') events.push(...endCall(call, state));
  return events;
}

/** Tells the start of a call, once. */
export function startCall(call: OpenCall, state: NormalizerState): readonly ProviderEvent[] {
  if (call.started) return [];
  state.calls.markStarted(call);
  const { id, name, tool, kind, input, lineage } = readToolCall(call, state.reader);
  return [
    ...state.texts.close(),
    {
      type: 'tool_call_started',
      data: { toolCallId: id, name, tool, kind, input, ...(lineage === undefined ? {} : { lineage }) },
    },
  ];
}

/** Ends the calls whose end the agent never told, when its turn is over. */
export function endOpenCalls(state: NormalizerState): readonly ProviderEvent[] {
  return state.calls.open
    .filter((call) => call.started)
    .flatMap((call) => endCall({ ...call, status: 'failed' }, state));
}

function endCall(call: OpenCall, state: NormalizerState): readonly ProviderEvent[] {
  state.calls.end(call);
  const data = resultData(call, state);
  if (call.status === 'completed') return [{ type: 'tool_call_completed', data }, ...fileChanges(call)];
  const reason = state.isDenied(call.id) ? 'denied' : state.interrupted ? 'interrupted' : 'error';
  return [{ type: 'tool_call_failed', data: { ...data, reason } }];
}

function resultData(call: OpenCall, state: NormalizerState): ToolResultData {
  const output = readOutput(call);
  const isLong = typeof output === 'string' && output.length > maximumOutput;
  const exitCode = readExitCode(call);
  return {
    toolCallId: call.id,
    name: callName(call),
    tool: toolIdentity(call, state.reader).tool,
    output: isLong ? output.slice(0, maximumOutput) : output,
    ...(isLong ? { fullLength: output.length } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(call.parent === undefined ? {} : { parentToolCallId: call.parent }),
  };
}

/** Text where there is any: of the raw output, else of what is shown; else the raw output as it is. */
function readOutput(call: OpenCall): JsonValue {
  const raw = call.output;
  const text = typeof raw === 'string' ? raw : (joinedText(raw) ?? textField(raw, 'output'));
  if (text !== undefined) return text;
  const shown = call.content.flatMap((part) => textField(fieldOf(part, 'content'), 'text') ?? []);
  if (shown.length > 0) return shown.join('\n');
  const json = toJson(raw ?? '');
  const size = typeof json === 'object' ? JSON.stringify(json).length : 0;
  return size > maximumOutput ? JSON.stringify(json) : json;
}

function joinedText(value: JsonValue | undefined): string | undefined {
  if (!isJsonList(value) || value.length === 0) return undefined;
  const texts = value.map((part) => textField(part, 'text'));
  return texts.every((text) => text !== undefined) ? texts.join('\n') : undefined;
}

function readExitCode(call: OpenCall): number | undefined {
  const metadata = fieldOf(call.output, 'metadata');
  return (
    numberField(call.output, 'exit_code') ??
    numberField(call.output, 'exitCode') ??
    numberField(metadata, 'exit')
  );
}

function fileChanges(call: OpenCall): readonly ProviderEvent[] {
  return call.diffs.map(({ path, before, after }) => {
    const line = call.places.find((place) => place.path === path)?.line;
    const diff = textDiff(path, before, after, line);
    const isDeleted = call.nativeKind === 'delete' && after === '';
    const change: EventData['file_changed']['change'] = isDeleted
      ? 'deleted'
      : before === undefined
        ? 'created'
        : 'modified';
    return {
      type: 'file_changed',
      data: { path, change, toolCallId: call.id, ...(diff === undefined ? {} : { diff }) },
    };
  });
}

function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
