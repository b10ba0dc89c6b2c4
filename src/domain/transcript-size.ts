import type { TranscriptMessage } from './transcript.ts';

/** Characters of a message that a model would read. A result's output counts once, as its text. */
export function messageSize(message: TranscriptMessage): number {
  const input = message.input === undefined ? 0 : JSON.stringify(message.input).length;
  return message.text.length + (message.tool?.length ?? 0) + input;
}

/**
 * Cuts a message, or a tool call with its result, to at most so many characters; the longest texts go
 * first: the result, then the input, which becomes `{ cut: '…' }`. Names of tools stay.
 */
export function cutMessages(
  messages: readonly TranscriptMessage[],
  characters: number,
): readonly TranscriptMessage[] {
  let excess = messages.reduce((sum, message) => sum + messageSize(message), 0) - characters;
  const cut: TranscriptMessage[] = [];
  for (const message of messages.toReversed()) {
    const shorter = excess > 0 ? cutMessage(message, excess) : message;
    excess -= messageSize(message) - messageSize(shorter);
    cut.unshift(shorter);
  }
  return cut;
}

function cutMessage(message: TranscriptMessage, excess: number): TranscriptMessage {
  const text = shorten(message.text, message.text.length - excess);
  const shorter: TranscriptMessage = {
    ...message,
    text,
    ...(message.output === undefined ? {} : { output: text }),
  };
  if (message.input === undefined) return shorter;
  const json = JSON.stringify(message.input);
  const room = json.length - (excess - (message.text.length - text.length));
  return { ...shorter, input: shortInput(json, room) };
}

/** As much of the input's JSON as still fits when it is itself a string in JSON. */
function shortInput(json: string, room: number): { readonly cut?: string } {
  let low = 0;
  let high = Math.max(0, room);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (JSON.stringify({ cut: shorten(json, middle) }).length <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? {} : { cut: shorten(json, low) };
}

/** The beginning of a text with a mark at its end; never ends inside a character. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  if (length <= 0) return '';
  const mark = `… [cut: ${text.length} characters in all]`;
  const room = length - mark.length;
  const end = room > 0 ? room : length;
  const whole = /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
  return room > 0 ? `${text.slice(0, whole)}${mark}` : text.slice(0, whole);
}
