import type { EventDraft } from '../domain/event.ts';
import type { Redactor, TextStreamRedactor } from '../redaction/redactor.ts';

/** The events that are pieces of a text. */
export type DeltaDraft = EventDraft<'message_streamed' | 'reasoning_streamed' | 'tool_output_streamed'>;

export function isDelta(draft: EventDraft): draft is DeltaDraft {
  return (
    draft.type === 'message_streamed' ||
    draft.type === 'reasoning_streamed' ||
    draft.type === 'tool_output_streamed'
  );
}

/** Names the text stream that a delta belongs to: redaction carries its state along it. */
export function streamKey(draft: DeltaDraft): string {
  return draft.type === 'tool_output_streamed'
    ? `output:${draft.data.stream}:${draft.data.toolCallId}`
    : `${draft.type}:${draft.data.messageId}`;
}

/** The same delta with other text. */
export function withText(draft: DeltaDraft, text: string): DeltaDraft {
  switch (draft.type) {
    case 'message_streamed':
      return { type: draft.type, data: { ...draft.data, text } };
    case 'reasoning_streamed':
      return { type: draft.type, data: { ...draft.data, text } };
    case 'tool_output_streamed':
      return { type: draft.type, data: { ...draft.data, text } };
  }
}

interface OpenStream {
  readonly redactor: TextStreamRedactor;
  last: DeltaDraft;
}

/**
 * Redacts deltas along their streams. What a delta's end holds back, because it may be the beginning
 * of a secret, comes out with a later delta or when the stream ends.
 */
export class DeltaRedaction {
  readonly #redactor: Redactor;
  readonly #streams = new Map<string, OpenStream>();

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** The delta as it may be stored; `undefined` when all of its text is held back. */
  push(draft: DeltaDraft): DeltaDraft | undefined {
    const key = streamKey(draft);
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { redactor: this.#redactor.stream(), last: draft };
      this.#streams.set(key, stream);
    } else {
      stream.last = draft;
    }
    const text = stream.redactor.push(draft.data.text);
    if (text === draft.data.text) return draft;
    return text === '' ? undefined : withText(draft, text);
  }

  /** Ends the streams that a whole message or a tool's result closes; gives what they held back. */
  endFor(draft: EventDraft): readonly DeltaDraft[] {
    switch (draft.type) {
      case 'message_received':
        return this.#end([`message_streamed:${draft.data.messageId}`]);
      case 'reasoning_received':
        return this.#end([`reasoning_streamed:${draft.data.messageId}`]);
      case 'tool_call_completed':
      case 'tool_call_failed':
        return this.#end(
          ['stdout', 'stderr', 'combined'].map((stream) => `output:${stream}:${draft.data.toolCallId}`),
        );
      default:
        return [];
    }
  }

  /** Ends every stream: the attempt is over. */
  endAll(): readonly DeltaDraft[] {
    return this.#end([...this.#streams.keys()]);
  }

  #end(keys: readonly string[]): readonly DeltaDraft[] {
    const rest: DeltaDraft[] = [];
    for (const key of keys) {
      const stream = this.#streams.get(key);
      if (stream === undefined) continue;
      this.#streams.delete(key);
      const text = stream.redactor.end();
      if (text !== '') rest.push(withText(stream.last, text));
    }
    return rest;
  }
}
