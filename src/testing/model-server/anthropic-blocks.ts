import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import { cutText, type ModelTurn } from './model-turn.ts';

/** One content block of an Anthropic message: whole, as it is opened in a stream, and the deltas that fill it. */
export interface AnthropicBlock {
  readonly whole: JsonObject;
  readonly opened: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** The content blocks of a turn, in the order in which the model says them. */
export function anthropicBlocks(turn: ModelTurn): readonly AnthropicBlock[] {
  const chunks = turn.chunks ?? 3;
  const blocks: AnthropicBlock[] = [];
  if (turn.thinking !== undefined) blocks.push(thinkingBlock(turn.thinking, chunks));
  if (turn.text !== undefined) blocks.push(textBlock(turn.text, chunks));
  for (const tool of turn.tools ?? []) {
    blocks.push(toolBlock(tool.id ?? anthropicId('toolu'), tool.name, tool.input, chunks));
  }
  return blocks;
}

/**
 * A new id in the form that the service uses, such as `msg_…`. Without digits: an agent that looks for the
 * number of a status in the text of a failure (Amp does) must not find one in an id.
 */
export function anthropicId(prefix: string): string {
  const letters = randomBytes(12)
    .toString('hex')
    .replaceAll(/\d/g, (digit) => String.fromCharCode('g'.charCodeAt(0) + Number(digit)));
  return `${prefix}_${letters}`;
}

function textBlock(text: string, chunks: number): AnthropicBlock {
  return {
    whole: { type: 'text', text },
    opened: { type: 'text', text: '' },
    deltas: cutText(text, chunks).map((piece) => ({ type: 'text_delta', text: piece })),
  };
}

function thinkingBlock(thinking: string, chunks: number): AnthropicBlock {
  const signature = Buffer.from('signed').toString('base64');
  return {
    whole: { type: 'thinking', thinking, signature },
    opened: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...cutText(thinking, chunks).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature },
    ],
  };
}

function toolBlock(id: string, name: string, input: JsonObject, chunks: number): AnthropicBlock {
  return {
    whole: { type: 'tool_use', id, name, input },
    opened: { type: 'tool_use', id, name, input: {} },
    deltas: cutText(JSON.stringify(input), chunks).map((piece) => ({
      type: 'input_json_delta',
      partial_json: piece,
    })),
  };
}
