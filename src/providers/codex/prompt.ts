import { AsmError } from '../../domain/error.ts';
import { inputText, type InputMessage } from '../../domain/message.ts';

/** The messages of a run as Codex's prompt. Throws `invalid_input` when they say nothing. */
export function promptText(messages: readonly InputMessage[]): string {
  const text = inputText(messages);
  if (text.trim() !== '') return text;
  throw new AsmError('invalid_input', 'The prompt is empty. Give the agent at least one message with text.');
}
