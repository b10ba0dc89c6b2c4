import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { addUsage, tokenUsage, type TokenUsage } from '../../domain/usage.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';
import { endCalls } from './normalize-tool-result.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { buildToolCall, toolInput } from './tool-call.ts';
import { unparsed, withUnknownFields } from './unparsed.ts';

/** The fields of the pieces of an answer, all sorts together. */
const knownFields: ReadonlySet<string> = new Set(['type', 'text', 'thinking', 'data', 'id', 'name', 'input']);

/** One whole answer of the model. */
export function normalizeAnswer(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const native = fieldOf(message, 'message');
  if (!Array.isArray(fieldOf(native, 'content'))) return [unparsed(message)];
  const blocks = listField(native, 'content');
  const called = new Set(blocks.flatMap((block) => callId(block) ?? []));
  if (isToldAgain(message, called, state)) return [];
  const parent = textField(message, 'parent_tool_use_id');
  // Whoever speaks has the results of the earlier calls; one that wasn't told was left out by Amp.
  const ended = endCalls(
    state,
    ({ call }) => !called.has(call.id) && call.lineage?.parentToolCallId === parent,
  );
  const id = `answer-${++state.answers}`;
  const events = blocks.flatMap((block, index) =>
    withUnknownFields(block, knownFields, normalizeBlock(block, `${id}.${index}`, parent, state)),
  );
  return [...ended, ...events, ...completeAnswer(native, id, parent, state)];
}

/** True for an answer that was told before, which Amp does when it can't write fast enough. */
function isToldAgain(message: JsonObject, called: ReadonlySet<string>, state: NormalizerState): boolean {
  const before = state.lastAnswer;
  state.lastAnswer = called.size === 0 ? message : undefined;
  if (called.size > 0) return [...called].every((id) => state.calls.isTold(id));
  return before !== undefined && JSON.stringify(before) === JSON.stringify(message);
}

function callId(block: JsonValue): string | undefined {
  return textField(block, 'type') === 'tool_use' ? textField(block, 'id') : undefined;
}

function normalizeBlock(
  block: JsonValue,
  messageId: string,
  parent: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const line = parent === undefined ? {} : { parentToolCallId: parent };
  switch (textField(block, 'type')) {
    case 'text': {
      const text = textField(block, 'text');
      if (text === undefined) return [unparsed(block)];
      if (text === '') return [];
      if (parent === undefined) state.lastText = text;
      return [{ type: 'message_received', data: { messageId, role: 'assistant', text, ...line } }];
    }
    case 'thinking': {
      const text = textField(block, 'thinking');
      if (text === undefined) return [unparsed(block)];
      return text === '' ? [] : [{ type: 'reasoning_received', data: { messageId, text, ...line } }];
    }
    // The service keeps it secret; there is nothing to read in it.
    case 'redacted_thinking':
      return [];
    case 'tool_use':
      return startCall(block, parent, state);
    default:
      return [unparsed(block)];
  }
}

function startCall(
  block: JsonValue,
  parent: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const id = textField(block, 'id');
  const name = textField(block, 'name');
  if (id === undefined || name === undefined) return [unparsed(block)];
  const lineage = parent === undefined ? undefined : { parentToolCallId: parent, agentId: parent };
  const given = fieldOf(block, 'input');
  const call = buildToolCall({ id, name, input: toolInput(given), lineage }, state.clientTools);
  if (!state.calls.tell(call)) return [];
  const { id: toolCallId, command: _command, paths: _paths, ...data } = call;
  const started: ProviderEvent = { type: 'tool_call_started', data: { toolCallId, ...data } };
  if (call.kind !== 'agent') return [started];
  const description = textField(call.input, 'description');
  return [
    started,
    {
      type: 'subagent_started',
      data: {
        agentId: id,
        toolCallId: id,
        agentType: name,
        ...(description === undefined ? {} : { description }),
        background: false,
      },
    },
  ];
}

/** Says that an answer is complete, and what all of them have used. */
function completeAnswer(
  native: JsonValue | undefined,
  messageId: string,
  parent: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const usage = answerUsage(fieldOf(native, 'usage'));
  const stopReason = textField(native, 'stop_reason');
  if (parent === undefined) state.lastStopReason = stopReason;
  const completed: ProviderEvent = {
    type: 'turn_completed',
    data: {
      messageId,
      ...(stopReason === undefined ? {} : { stopReason }),
      ...(usage === undefined ? {} : { usage }),
      ...(parent === undefined ? {} : { parentToolCallId: parent }),
    },
  };
  if (usage === undefined) return [completed];
  state.usage = addUsage(state.usage, usage);
  return [completed, { type: 'token_usage_updated', data: { usage: state.usage } }];
}

function answerUsage(usage: JsonValue | undefined): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  return tokenUsage({
    inputTokens: numberField(usage, 'input_tokens') ?? 0,
    outputTokens: numberField(usage, 'output_tokens') ?? 0,
    cacheReadTokens: numberField(usage, 'cache_read_input_tokens') ?? 0,
    cacheWriteTokens: numberField(usage, 'cache_creation_input_tokens') ?? 0,
  });
}
