import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { ToolLineage } from '../../domain/tool.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { blockFor, blockId, type Answer } from './answer-tracker.ts';
import { completeWholeAnswer, lineOf } from './answer-completion.ts';
import { fieldOf, listField, objectField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { normalizeToolResult } from './normalize-tool-result.ts';
import { buildToolCall, toolInput } from './tool-call.ts';
import { unparsed } from './unparsed.ts';
import { answerUsage } from './usage-meter.ts';

/** The model name under which Claude Code writes messages of its own, such as failures. */
const synthetic = '<synthetic>';

/** Whole pieces of an answer: Claude Code sends one message for each piece. */
export function normalizeAnswer(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const thread = textField(message, 'parent_tool_use_id');
  const native = objectField(message, 'message');
  const error = textField(message, 'error');
  if (error !== undefined) state.assistantError = error;
  // A failure told in the model's place becomes the run's error, not something that the model said.
  if (error !== undefined || textField(native, 'model') === synthetic) return [];
  if (!Array.isArray(native['content'])) return [unparsed(message)];
  if (thread === undefined) state.assistantError = undefined;
  const { answer, events } = answerOf(native, thread, state);
  const line = lineageOf(message, thread);
  return [
    ...events,
    ...listField(native, 'content').flatMap((block) => normalizeBlock(block, answer, line, state)),
  ];
}

function answerOf(
  native: JsonObject,
  thread: string | undefined,
  state: NormalizerState,
): { readonly answer: Answer; readonly events: readonly ProviderEvent[] } {
  const id = textField(native, 'id') ?? 'message';
  const current = state.answers.current(thread);
  const events = current === undefined || current.id === id ? [] : completeWholeAnswer(thread, state);
  if (thread === undefined && current?.id !== id) state.subagents.mainAnswerBegan();
  const answer =
    current?.id === id
      ? current
      : state.answers.begin(thread, {
          id,
          model: textField(native, 'model'),
          streamed: false,
          startUsage: {},
        });
  if (!answer.streamed) {
    answer.stopReason = textField(native, 'stop_reason') ?? answer.stopReason;
    answer.usage = answerUsage(native['usage']);
  }
  return { answer, events };
}

/** Who says it: a subagent's messages name the call that started it, and itself. */
function lineageOf(message: JsonObject, thread: string | undefined): ToolLineage | undefined {
  if (thread === undefined) return undefined;
  const agentId = textField(message, 'agent_id');
  const agentType = textField(message, 'subagent_type');
  return {
    parentToolCallId: thread,
    ...(agentId === undefined ? {} : { agentId }),
    ...(agentType === undefined ? {} : { agentType }),
  };
}

function normalizeBlock(
  content: JsonValue,
  answer: Answer,
  lineage: ToolLineage | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const thread = lineage?.parentToolCallId;
  const type = textField(content, 'type') ?? 'unknown';
  const said = type === 'text' || type === 'thinking' ? textField(content, type) : undefined;
  if (said !== undefined)
    return type === 'text' ? receiveText(said, answer, thread) : receiveReasoning(said, answer, thread);
  const block = blockFor(answer, type);
  block.received = true;
  if (type === 'redacted_thinking') return [];
  if (type.endsWith('tool_use')) return startCall(content, lineage, state);
  if (type.endsWith('tool_result'))
    return normalizeToolResult(content, { thread, sidecar: undefined }, state);
  return [unparsed(content)];
}

function receiveText(text: string, answer: Answer, thread: string | undefined): readonly ProviderEvent[] {
  const { messageId, missing } = receive('text', text, answer);
  if (text === '') return [];
  return [
    ...(missing === ''
      ? []
      : [{ type: 'message_streamed' as const, data: { messageId, text: missing, ...lineOf(thread) } }]),
    { type: 'message_received', data: { messageId, role: 'assistant', text, ...lineOf(thread) } },
  ];
}

function receiveReasoning(
  text: string,
  answer: Answer,
  thread: string | undefined,
): readonly ProviderEvent[] {
  const { messageId, missing } = receive('thinking', text, answer);
  if (text === '') return [];
  return [
    ...(missing === ''
      ? []
      : [{ type: 'reasoning_streamed' as const, data: { messageId, text: missing, ...lineOf(thread) } }]),
    { type: 'reasoning_received', data: { messageId, text, ...lineOf(thread) } },
  ];
}

/** Matches a whole piece with what was streamed of it, so that the pieces of one id always make its text. */
function receive(
  type: string,
  text: string,
  answer: Answer,
): { readonly messageId: string; readonly missing: string } {
  const block = blockFor(answer, type);
  block.received = true;
  if (text.startsWith(block.streamed))
    return { messageId: blockId(answer, block), missing: text.slice(block.streamed.length) };
  return { messageId: `${blockId(answer, block)}:whole`, missing: text };
}

function startCall(
  content: JsonValue,
  lineage: ToolLineage | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const id = textField(content, 'id');
  const name = textField(content, 'name');
  if (id === undefined || name === undefined) return [unparsed(content)];
  const given = fieldOf(content, 'input');
  const input = toolInput(given);
  const call = buildToolCall({ id, name, input, lineage }, state.clientTools);
  state.calls.add({ ...call, parentToolCallId: lineage?.parentToolCallId });
  return [
    {
      type: 'tool_call_started',
      data: {
        toolCallId: id,
        name: call.name,
        tool: call.tool,
        kind: call.kind,
        input: call.input,
        ...(call.remarks === undefined ? {} : { remarks: call.remarks }),
        ...(lineage === undefined ? {} : { lineage }),
      },
    },
    ...(given === undefined ? [unparsed(content)] : []),
  ];
}
