import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { InputMessage } from '../../domain/message.ts';

/** The messages of a run as Codex's input, one text each. Throws `invalid_input` when they say nothing. */
export function turnInput(messages: readonly InputMessage[]): readonly JsonObject[] {
  const texts = messages.map((message) => message.text.toWellFormed()).filter((text) => text.trim() !== '');
  if (texts.length > 0) return texts.map((text) => ({ type: 'text', text, text_elements: [] }));
  throw new AsmError('invalid_input', 'The prompt is empty. Give the agent at least one message with text.');
}
