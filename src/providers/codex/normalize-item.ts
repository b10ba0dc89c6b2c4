import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { listField, textField } from './native-fields.ts';
import { lineOf } from './normalize-delta.ts';
import { normalizeResult } from './normalize-tool-result.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { beginSubagents, normalizeActivity } from './subagent.ts';
import { toolCallOf } from './tool-call.ts';
import type { ReceivedText } from './text-registry.ts';

/** Items that say nothing of the run, or nothing that other messages don't say. */
const silent: ReadonlySet<string> = new Set([
  'userMessage',
  'hookPrompt',
  'functionCallOutput',
  'enteredReviewMode',
  'exitedReviewMode',
]);

/** One piece of a conversation, at its begin or its end; `undefined` for kinds that aren't known. */
export function normalizeItem(
  item: JsonObject,
  completed: boolean,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const type = textField(item, 'type') ?? '';
  if (silent.has(type)) return [];
  switch (type) {
    case 'agentMessage':
    case 'plan':
      return completed ? receiveMessage(item, thread, state) : [];
    case 'reasoning':
      return completed ? receiveReasoning(item, thread, state) : [];
    case 'contextCompaction':
      return completed ? [{ type: 'context_compacted', data: { trigger: 'auto' } }] : [];
    case 'subAgentActivity':
      return completed ? normalizeActivity(item, state) : [];
    default:
      return normalizeCall(item, completed, thread, state);
  }
}

function receiveMessage(
  item: JsonObject,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const [id, text] = [textField(item, 'id'), textField(item, 'text')];
  if (id === undefined || (text === undefined && state.messages.soFar(id) === '')) return undefined;
  const received = state.messages.receive(id, [text ?? '']);
  if (received.text === '') return [];
  if (isOwn(thread, state)) state.output = received.text;
  const line = lineOf(thread, state);
  const { messageId } = received;
  const data = { messageId, role: 'assistant', text: received.text, ...line } as const;
  return [...missingPiece('message_streamed', received, line), { type: 'message_received', data }];
}

function receiveReasoning(
  item: JsonObject,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const id = textField(item, 'id');
  if (id === undefined) return undefined;
  const [summary, content] = [texts(item, 'summary').join('\n\n'), texts(item, 'content').join('')];
  const received = state.reasoning.receive(id, [summary, content]);
  if (received.text === '') return [];
  const line = lineOf(thread, state);
  const data = { messageId: received.messageId, text: received.text, ...line };
  return [...missingPiece('reasoning_streamed', received, line), { type: 'reasoning_received', data }];
}

function missingPiece(
  type: 'message_streamed' | 'reasoning_streamed',
  received: ReceivedText,
  line: { readonly parentToolCallId?: string },
): readonly ProviderEvent[] {
  const { messageId, missing } = received;
  return missing === '' ? [] : [{ type, data: { messageId, text: missing, ...line } }];
}

function normalizeCall(
  item: JsonObject,
  completed: boolean,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const lineage = thread === undefined ? undefined : state.subagents.get(thread);
  const call = toolCallOf(item, { clientTools: state.clientTools, lineage });
  if (call === undefined) return undefined;
  const events: ProviderEvent[] = [];
  const told = state.calls.get(call.id);
  if (told !== undefined && !isDeepStrictEqual(told.input, call.input)) {
    // Not the input that was told at its begin, which stands in the log.
    events.push({ type: 'unparsed', data: { raw: item } });
  }
  if (told === undefined) {
    events.push({
      type: 'tool_call_started',
      data: {
        toolCallId: call.id,
        name: call.name,
        tool: call.tool,
        kind: call.kind,
        input: call.input,
        ...(lineage === undefined ? {} : { lineage }),
      },
    });
  }
  state.calls.add(call);
  events.push(...beginSubagents(item, call.id, state));
  if (completed) events.push(...normalizeResult(item, call, state));
  return events;
}

function texts(item: JsonObject, name: string): readonly string[] {
  return listField(item, name).filter((text) => typeof text === 'string');
}

function isOwn(thread: string | undefined, state: NormalizerState): boolean {
  return thread === undefined || thread === state.thread || state.thread === '';
}
