import { displayWidth, splitAtWidth } from './display-width.ts';

// A word ends at white space; characters of scripts without spaces are words of their own.
const parts =
  /\n|[^\S\n]+|[\u{2E80}-\u{9FFF}\u{AC00}-\u{D7AF}\u{F900}-\u{FAFF}\u{FF00}-\u{FF60}]|[^\s\u{2E80}-\u{9FFF}\u{AC00}-\u{D7AF}\u{F900}-\u{FAFF}\u{FF00}-\u{FF60}]+/gv;
const wordEnd = /[\s\u{2E80}-\u{9FFF}\u{AC00}-\u{D7AF}\u{F900}-\u{FAFF}\u{FF00}-\u{FF60}]$/v;

/**
 * Indents streamed text, each line of it, and wraps it at words when there is a width. Newlines at the
 * start and the end of the block are left out; a word that may go on in the next piece is held back.
 */
export class StudioTextBlock {
  readonly #indent: string;
  readonly #columns: number | undefined;
  #newlines = 0;
  #column = 0;
  #spaces = '';
  #word = '';
  #begun = false;

  constructor(indent: string, width: number | undefined) {
    this.#indent = indent;
    this.#columns = width === undefined ? undefined : Math.max(20, width - indent.length - 1);
  }

  write(piece: string): string {
    return this.#columns === undefined ? this.#indented(piece) : this.#wrapped(piece, this.#columns);
  }

  end(): string {
    return this.#columns === undefined ? '' : this.#place(this.#columns);
  }

  #indented(piece: string): string {
    let out = '';
    let start = 0;
    while (start <= piece.length) {
      const newline = piece.indexOf('\n', start);
      const end = newline === -1 ? piece.length : newline;
      if (end > start) out += this.#lineStart() + piece.slice(start, end);
      if (newline === -1) break;
      if (this.#begun) this.#newlines += 1;
      start = newline + 1;
    }
    return out;
  }

  #lineStart(): string {
    if (this.#begun && this.#newlines === 0) return '';
    const start = '\n'.repeat(this.#newlines) + this.#indent;
    this.#begun = true;
    this.#newlines = 0;
    this.#column = 0;
    return start;
  }

  #wrapped(piece: string, columns: number): string {
    let out = '';
    for (const [part] of piece.matchAll(parts)) {
      if (part === '\n') {
        out += this.#place(columns);
        this.#spaces = '';
        if (this.#begun) this.#newlines += 1;
      } else if (part.trim() === '') {
        out += this.#place(columns);
        this.#spaces += part;
      } else {
        if (wordEnd.test(part)) out += this.#place(columns);
        this.#word += part;
        if (wordEnd.test(part) || this.#word.length > columns) out += this.#place(columns);
      }
    }
    return out;
  }

  /** Prints the held word, on a new line when it doesn't fit. */
  #place(columns: number): string {
    if (this.#word === '') return '';
    let out = this.#lineStart();
    const width = displayWidth(this.#spaces) + displayWidth(this.#word);
    if (this.#column > 0 && this.#column + width > columns) {
      out += `\n${this.#indent}`;
      this.#column = 0;
    } else {
      out += this.#spaces;
      this.#column += displayWidth(this.#spaces);
    }
    let rest = this.#word;
    while (this.#column + displayWidth(rest) > columns && this.#column < columns) {
      const [fitting, more] = splitAtWidth(rest, columns - this.#column);
      if (more === '') break;
      out += `${fitting}\n${this.#indent}`;
      rest = more;
      this.#column = 0;
    }
    this.#column += displayWidth(rest);
    this.#spaces = '';
    this.#word = '';
    return out + rest;
  }
}
