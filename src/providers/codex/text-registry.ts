/** The pieces of one text, and what of it has been told. */
export interface ReceivedText {
  readonly messageId: string;
  readonly text: string;
  /** The end of the text that no piece told. */
  readonly missing: string;
}

/** Keeps what was streamed of the texts of a run, so that the pieces of one id always make its text. */
export class TextRegistry {
  readonly #streamed = new Map<string, string>();

  add(id: string, piece: string): void {
    this.#streamed.set(id, (this.#streamed.get(id) ?? '') + piece);
  }

  /** What was streamed of a text so far. */
  soFar(id: string): string {
    return this.#streamed.get(id) ?? '';
  }

  /** Holds a whole text, of which there may be several versions, against its pieces. */
  receive(id: string, versions: readonly string[]): ReceivedText {
    const streamed = this.soFar(id);
    this.#streamed.delete(id);
    const fitting = versions.find((text) => text !== '' && text.startsWith(streamed));
    if (fitting !== undefined) {
      return { messageId: id, text: fitting, missing: fitting.slice(streamed.length) };
    }
    const text = versions.find((version) => version !== '') ?? '';
    // Not what was streamed: a message of its own. Nothing whole: then the pieces are all there is.
    return text === ''
      ? { messageId: id, text: streamed, missing: '' }
      : { messageId: `${id}:whole`, text, missing: text };
  }

  /** Takes out what never became whole. */
  takeRest(): readonly string[] {
    const ids = [...this.#streamed].filter(([, text]) => text !== '').map(([id]) => id);
    this.#streamed.clear();
    return ids;
  }
}
