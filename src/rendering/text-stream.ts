import { isHighSurrogate, visibleText } from './visible-text.ts';

/**
 * Makes text that comes in pieces visible, as `visibleText` does for a whole one: a piece may end in
 * the middle of a character or of CR LF, and the next one completes it.
 */
export class TextStream {
  #held = '';

  next(piece: string): string {
    const text = this.#held === '' ? piece : this.#held + piece;
    const last = text.charCodeAt(text.length - 1);
    if (last === 0x0d || isHighSurrogate(last)) {
      this.#held = text.slice(-1);
      return visibleText(text.slice(0, -1));
    }
    this.#held = '';
    return visibleText(text);
  }

  /** What was held back; the stream can be used again afterwards. */
  end(): string {
    const rest = visibleText(this.#held);
    this.#held = '';
    return rest;
  }
}
