import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { numberField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { notifications } from './protocol.ts';
import { unparsed } from './unparsed.ts';

/** Characters of one command's output that are passed on as it comes; its end tells the beginning again. */
const maximumStreamed = 1024 * 1024;

/** A piece of a text, of reasoning, or of a command's output. */
export function normalizePieces(
  method: string,
  message: JsonObject,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const [id, text] = [textField(params, 'itemId'), textField(params, 'delta')];
  if (id === undefined || text === undefined) return [unparsed(message)];
  if (text === '') return [];
  if (method === notifications.messageDelta)
    return [{ type: 'message_streamed', data: { messageId: id, text } }];
  if (method === notifications.commandOutput) return outputPiece(id, text, state);
  const part = `${method} ${numberField(params, 'summaryIndex') ?? numberField(params, 'contentIndex') ?? 0}`;
  const earlier = state.reasoning.get(id);
  state.reasoning.set(id, part);
  // The parts of a stretch of reasoning are apart in its whole text, too.
  const separated = earlier === undefined || earlier === part ? text : `\n\n${text}`;
  return [{ type: 'reasoning_streamed', data: { messageId: id, text: separated } }];
}

function outputPiece(id: string, text: string, state: NormalizerState): readonly ProviderEvent[] {
  const call = state.calls.get(id);
  const left = maximumStreamed - (call?.streamed ?? 0);
  if (left <= 0) return [];
  if (call !== undefined) call.streamed += text.length;
  return [
    {
      type: 'tool_output_streamed',
      data: { toolCallId: id, stream: 'combined', text: text.slice(0, left) },
    },
  ];
}
