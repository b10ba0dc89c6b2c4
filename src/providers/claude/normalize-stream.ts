import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { addBlock, blockId, type Answer, type AnswerBlock } from './answer-tracker.ts';
import { numberField, objectField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { completeAnswer, lineOf } from './answer-completion.ts';
import { unparsed } from './unparsed.ts';
import { answerUsage } from './usage-meter.ts';

/** Pieces of what comes whole later, or is for the model alone. */
const silentDeltas: ReadonlySet<string> = new Set(['input_json_delta', 'signature_delta', 'citations_delta']);

/** A piece of an answer as it is streamed. */
export function normalizeStream(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const thread = textField(message, 'parent_tool_use_id');
  const event = objectField(message, 'event');
  switch (textField(event, 'type')) {
    case 'message_start':
      return beginAnswer(thread, objectField(event, 'message'), state);
    case 'content_block_start':
      return beginBlock(thread, event, state);
    case 'content_block_delta':
      return continueBlock(thread, event, state);
    case 'message_delta': {
      const answer = state.answers.current(thread);
      if (answer === undefined) return [];
      answer.stopReason = textField(objectField(event, 'delta'), 'stop_reason') ?? answer.stopReason;
      answer.usage = answerUsage({ ...answer.startUsage, ...definedNumbers(objectField(event, 'usage')) });
      return [];
    }
    case 'message_stop': {
      const answer = state.answers.current(thread);
      return answer === undefined ? [] : completeAnswer(answer, thread, state);
    }
    case 'content_block_stop':
    case 'ping':
      return [];
    default:
      return [unparsed(message)];
  }
}

function beginAnswer(
  thread: string | undefined,
  message: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const abandoned = state.answers.current(thread);
  const id = textField(message, 'id');
  if (id === undefined) return [];
  if (thread === undefined) state.subagents.mainAnswerBegan();
  state.answers.begin(thread, {
    id,
    model: textField(message, 'model'),
    streamed: true,
    startUsage: objectField(message, 'usage'),
  });
  return abandoned === undefined ? [] : abandonAnswer(abandoned, thread, state);
}

/** The agent began anew: what it had streamed of the other answer stays said, and is not part of the conversation. */
function abandonAnswer(
  answer: Answer,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  if (answer.completed) return [];
  if (!answer.streamed) return completeAnswer(answer, thread, state);
  const lost = answer.blocks.filter((block) => block.streamed !== '' && !block.received);
  return lost.map((block) => ({
    type: 'warning_raised',
    data: {
      code: 'message_abandoned',
      message: `The stream of message ${blockId(answer, block)} broke; the agent asks the model again, and what came of it is not part of the conversation.`,
    },
  }));
}

function beginBlock(
  thread: string | undefined,
  event: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const answer = state.answers.current(thread);
  if (answer === undefined) return [];
  const content = objectField(event, 'content_block');
  const type = textField(content, 'type') ?? 'unknown';
  const block = addBlock(answer, type, numberField(event, 'index') ?? answer.blocks.length);
  return streamPiece(
    answer,
    block,
    thread,
    textField(content, type === 'thinking' ? 'thinking' : 'text') ?? '',
  );
}

function continueBlock(
  thread: string | undefined,
  event: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const answer = state.answers.current(thread);
  const index = numberField(event, 'index');
  const block = answer?.blocks.find((candidate) => candidate.index === index);
  if (answer === undefined || block === undefined) return [];
  const delta = objectField(event, 'delta');
  const type = textField(delta, 'type') ?? '';
  if (silentDeltas.has(type)) return [];
  const text =
    type === 'text_delta'
      ? textField(delta, 'text')
      : type === 'thinking_delta'
        ? textField(delta, 'thinking')
        : undefined;
  return text === undefined ? [unparsed(event)] : streamPiece(answer, block, thread, text);
}

function streamPiece(
  answer: Answer,
  block: AnswerBlock,
  thread: string | undefined,
  text: string,
): readonly ProviderEvent[] {
  if (text === '' || block.received) return [];
  if (block.type !== 'text' && block.type !== 'thinking') return [];
  block.streamed += text;
  const type = block.type === 'text' ? 'message_streamed' : 'reasoning_streamed';
  return [{ type, data: { messageId: blockId(answer, block), text, ...lineOf(thread) } }];
}

function definedNumbers(usage: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}
