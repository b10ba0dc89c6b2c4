import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { ToolCall } from '../../domain/tool.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { readFileChanges } from './file-change.ts';
import { fieldOf, listField, numberField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Longest output of a tool that is passed on, in characters. */
const maximumOutput = 256 * 1024;

/** The end of a tool call, and what it changed. */
export function normalizeResult(
  item: JsonObject,
  call: ToolCall,
  state: NormalizerState,
): readonly ProviderEvent[] {
  state.calls.close(call.id);
  const status = textField(item, 'status');
  const output = readOutput(item, call);
  const isLong = typeof output === 'string' && output.length > maximumOutput;
  const [exitCode, durationMs] = [numberField(item, 'exitCode'), numberField(item, 'durationMs')];
  const data = {
    ...resultOf(call, isLong ? output.slice(0, maximumOutput) : output),
    ...(isLong ? { fullLength: output.length } : {}),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
  if (status === 'failed' || status === 'declined' || fieldOf(item, 'success') === false) {
    const denied = state.denied.has(call.id) || status === 'declined';
    const reason = denied ? 'denied' : state.interrupted ? 'interrupted' : 'error';
    return [{ type: 'tool_call_failed', data: { ...data, reason } }];
  }
  const changed = textField(item, 'type') === 'fileChange' ? listField(item, 'changes') : [];
  return [
    { type: 'tool_call_completed', data },
    ...changed
      .flatMap((change) => readFileChanges(change, call.id))
      .map((change): ProviderEvent => ({ type: 'file_changed', data: change })),
  ];
}

/** The end of a call of which the agent said nothing more: a command that the sandbox stops at once. */
export function endOpenCalls(state: NormalizerState): readonly ProviderEvent[] {
  return state.calls.closeAll().map((call) => {
    const denied = state.denied.has(call.id);
    const reason = denied ? 'denied' : state.interrupted ? 'interrupted' : 'error';
    const text = 'Codex ended without saying what became of this call.';
    return { type: 'tool_call_failed', data: { ...resultOf(call, text), reason } };
  });
}

function resultOf(
  call: ToolCall,
  output: JsonValue,
): {
  readonly toolCallId: string;
  readonly name: string;
  readonly tool: string;
  readonly output: JsonValue;
  readonly parentToolCallId?: string;
} {
  const parent = call.lineage?.parentToolCallId;
  return {
    toolCallId: call.id,
    name: call.name,
    tool: call.tool,
    output,
    ...(parent === undefined ? {} : { parentToolCallId: parent }),
  };
}

function readOutput(item: JsonObject, call: ToolCall): JsonValue {
  switch (textField(item, 'type')) {
    case 'commandExecution':
      return textField(item, 'aggregatedOutput') ?? '';
    case 'mcpToolCall':
      return textField(fieldOf(item, 'error'), 'message') ?? joined(fieldOf(item, 'result'), 'content') ?? '';
    case 'dynamicToolCall':
      return joined(item, 'contentItems') ?? '';
    case 'webSearch':
      return fieldOf(item, 'results') ?? '';
    case 'collabAgentToolCall':
      return fieldOf(item, 'agentsStates') ?? '';
    case 'fileChange':
      return `${textField(item, 'status') ?? 'ended'}: ${(call.paths ?? []).join(', ')}`;
    default:
      return textField(item, 'status') ?? '';
  }
}

/** Text where all of it is text; else the parts as they are. */
function joined(holder: JsonValue | undefined, name: string): JsonValue | undefined {
  const parts = fieldOf(holder, name);
  if (parts === undefined || parts === null) return undefined;
  const all = listField(holder, name).map((part) => textField(part, 'text'));
  return all.every((text) => text !== undefined) ? all.join('\n') : parts;
}
