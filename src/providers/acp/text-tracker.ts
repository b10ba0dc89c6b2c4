import type { ProviderEvent } from '../../ports/provider.ts';

/** Characters of one message; a longer one goes on as another, so that memory and events stay bounded. */
const maximumLength = 1024 * 1024;

/** A piece of a text, as it arrives. */
interface TextPiece {
  readonly kind: 'message' | 'reasoning';
  readonly text: string;
  /** The agent's id of the message, where it gives one. */
  readonly nativeId: string | undefined;
  /** The tool call whose subagent says it. */
  readonly parent: string | undefined;
}

interface OpenText extends Omit<TextPiece, 'text'> {
  readonly id: string;
  readonly pieces: string[];
  length: number;
}

/** Puts the pieces of an agent's texts together. Agents tell a text's pieces, but not its end. */
export class TextTracker {
  #open: OpenText | undefined;
  #count = 0;
  #lastMessage: string | undefined;

  /** The last message of the main thread that is complete. */
  get lastMessage(): string | undefined {
    return this.#lastMessage;
  }

  /** Takes a piece in. One of another text ends the text before it. */
  add(piece: TextPiece): readonly ProviderEvent[] {
    if (piece.text.length <= maximumLength) return this.#add(piece);
    const isPair = /[\ud800-\udbff]/.test(piece.text.charAt(maximumLength - 1));
    const cut = isPair ? maximumLength - 1 : maximumLength;
    return [
      ...this.#add({ ...piece, text: piece.text.slice(0, cut) }),
      ...this.add({ ...piece, text: piece.text.slice(cut) }),
    ];
  }

  #add(piece: TextPiece): readonly ProviderEvent[] {
    const events: ProviderEvent[] = [];
    const open = this.#open;
    const isSame =
      open !== undefined &&
      open.kind === piece.kind &&
      open.parent === piece.parent &&
      (open.nativeId === piece.nativeId || piece.nativeId === undefined) &&
      open.length + piece.text.length <= maximumLength;
    if (!isSame) events.push(...this.close());
    const text = isSame ? open : this.#begin(piece);
    text.pieces.push(piece.text);
    text.length += piece.text.length;
    if (piece.text !== '')
      events.push({
        type: piece.kind === 'message' ? 'message_streamed' : 'reasoning_streamed',
        data: { messageId: text.id, text: piece.text, ...lineOf(text.parent) },
      });
    return events;
  }

  /** Ends the text that is open: something else follows, or nothing more. */
  close(): readonly ProviderEvent[] {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.length === 0) return [];
    const data = { messageId: open.id, text: open.pieces.join(''), ...lineOf(open.parent) };
    if (open.kind === 'reasoning') return [{ type: 'reasoning_received', data }];
    if (open.parent === undefined) this.#lastMessage = data.text;
    return [{ type: 'message_received', data: { ...data, role: 'assistant' } }];
  }

  /** Drops a text that only repeats the failure which is told otherwise. */
  dropIfIn(failure: string): void {
    const open = this.#open;
    if (open?.kind === 'message' && failure.includes(open.pieces.join(''))) this.#open = undefined;
  }

  #begin(piece: TextPiece): OpenText {
    const id = `${piece.nativeId ?? 'text'}:${++this.#count}`;
    this.#open = {
      kind: piece.kind,
      id,
      nativeId: piece.nativeId,
      parent: piece.parent,
      pieces: [],
      length: 0,
    };
    return this.#open;
  }
}

function lineOf(parent: string | undefined): { readonly parentToolCallId?: string } {
  return parent === undefined ? {} : { parentToolCallId: parent };
}
