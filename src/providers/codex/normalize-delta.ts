import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { numberField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Most output of one call that is passed on while it comes, in characters. */
const maximumStreamed = 1024 * 1024;

/** A piece of a text or of output; `undefined` when it is none. */
export function normalizeDelta(
  method: string,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const id = textField(params, 'itemId');
  if (id === undefined) return undefined;
  const line = lineOf(textField(params, 'threadId'), state);
  const text = textField(params, 'delta');
  switch (method) {
    case 'item/agentMessage/delta':
    case 'item/plan/delta':
      if (text === undefined) return undefined;
      state.messages.add(id, text);
      return text === '' ? [] : [{ type: 'message_streamed', data: { messageId: id, text, ...line } }];
    case 'item/reasoning/summaryPartAdded':
      // Parts are paragraphs of their own.
      return (numberField(params, 'summaryIndex') ?? 0) === 0 || state.reasoning.soFar(id) === ''
        ? []
        : streamReasoning(id, '\n\n', line, state);
    case 'item/reasoning/summaryTextDelta':
    case 'item/reasoning/textDelta':
      return text === undefined ? undefined : streamReasoning(id, text, line, state);
    case 'item/commandExecution/outputDelta':
      return text === undefined ? undefined : streamOutput(id, text, state);
    default:
      return undefined;
  }
}

function streamReasoning(
  messageId: string,
  text: string,
  line: { readonly parentToolCallId?: string },
  state: NormalizerState,
): readonly ProviderEvent[] {
  state.reasoning.add(messageId, text);
  return text === '' ? [] : [{ type: 'reasoning_streamed', data: { messageId, text, ...line } }];
}

function streamOutput(toolCallId: string, text: string, state: NormalizerState): readonly ProviderEvent[] {
  const left = maximumStreamed - state.calls.addOutput(toolCallId, text.length);
  const events: ProviderEvent[] = [];
  if (left > 0 && text !== '') {
    const data = { toolCallId, stream: 'combined', text: text.slice(0, left) } as const;
    events.push({ type: 'tool_output_streamed', data });
  }
  if (left >= 0 && text.length > left) {
    const message = `The call ${toolCallId} writes more than is passed on while it runs; the end is left out here.`;
    events.push({ type: 'warning_raised', data: { code: 'output_truncated', message } });
  }
  return events;
}

/** Which call started the thread that says something; nothing for the run's own thread. */
export function lineOf(
  thread: string | undefined,
  state: NormalizerState,
): { readonly parentToolCallId?: string } {
  const parent = thread === undefined ? undefined : state.subagents.get(thread)?.parentToolCallId;
  return parent === undefined ? {} : { parentToolCallId: parent };
}
