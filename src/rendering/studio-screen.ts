import { displayWidth, fitWidth } from './display-width.ts';
import { eraseLine } from './plain-text.ts';
import { StudioTextBlock } from './studio-text-block.ts';
import { TextStream } from './text-stream.ts';

export interface StudioScreenOptions {
  /** Lines can be updated in place. */
  readonly terminal: boolean;
  /** Columns now; `undefined` doesn't cut or wrap. */
  readonly width: () => number | undefined;
}

export interface StudioLine {
  readonly indent: string;
  /** Colours its symbol and what follows; gets visible text of one line. */
  readonly paint: (text: string) => string;
  readonly text: string;
}

/** Knows what the last line of the output is, so that nothing is written over or glued to it. */
export class StudioScreen {
  readonly #options: StudioScreenOptions;
  readonly #stream = new TextStream();
  #block:
    | { readonly key: string; readonly text: StudioTextBlock; readonly paint: (text: string) => string }
    | undefined;
  /** The running tool whose line is the last one and still open. */
  #running: { readonly key: string; readonly columns: number } | undefined;
  #afterText = false;

  constructor(options: StudioScreenOptions) {
    this.#options = options;
  }

  /** A line of its own; `spaced` puts an empty line before it. */
  line(line: StudioLine, spaced = false): string {
    return this.close() + this.#gap(spaced) + this.#format(line) + '\n';
  }

  /** A line that is wrapped where it is too long, and goes on below its text; its first word is its symbol. */
  paragraph(line: StudioLine, symbol: string, spaced = false): string {
    const width = this.#options.width();
    if (width === undefined) return this.line(line, spaced);
    const indent = line.indent + ' '.repeat(displayWidth(symbol) + 1);
    const block = new StudioTextBlock(indent, width);
    const text = block.write(line.text.slice(symbol.length).trim()) + block.end();
    const first = line.indent + line.paint(`${symbol} `);
    return `${this.close()}${this.#gap(spaced)}${first}${text.slice(indent.length)}\n`;
  }

  /** The line of a running tool. On a terminal it stays open, to be updated when the tool ends. */
  running(key: string, line: StudioLine): string {
    if (!this.#options.terminal) return this.line(line);
    const out = this.close() + this.#gap(false) + this.#format(line);
    this.#running = { key, columns: displayWidth(line.indent) + displayWidth(this.#fit(line)) };
    return out;
  }

  /** The line of a tool that ended: in place of its running line if that is still the last one. */
  settled(key: string, line: StudioLine): string {
    const width = this.#options.width();
    const inPlace = this.#running?.key === key && (width === undefined || this.#running.columns < width);
    if (!inPlace) return this.line(line);
    this.#running = undefined;
    return `${eraseLine}${this.#format(line)}\n`;
  }

  /** A piece of the text with this key; another key begins a new block. */
  text(key: string, indent: string, piece: string, paint: (text: string) => string): string {
    if (this.#block?.key !== key) {
      // A block begins with something to see; white space before it is dropped.
      if (piece.trim() === '') return '';
      const before = this.close();
      this.#block = { key, text: new StudioTextBlock(indent, this.#options.width()), paint };
      return `${before}\n${paint(this.#block.text.write(this.#stream.next(piece)))}`;
    }
    return paint(this.#block.text.write(this.#stream.next(piece)));
  }

  /** Ends the open line, if there is one. */
  close(): string {
    if (this.#running !== undefined) {
      this.#running = undefined;
      return '\n';
    }
    if (this.#block === undefined) return '';
    const { text, paint } = this.#block;
    const rest = text.write(this.#stream.end()) + text.end();
    this.#block = undefined;
    this.#afterText = true;
    return `${paint(rest)}\n`;
  }

  #gap(spaced: boolean): string {
    const gap = spaced || this.#afterText ? '\n' : '';
    this.#afterText = false;
    return gap;
  }

  #format(line: StudioLine): string {
    return line.indent + line.paint(this.#fit(line));
  }

  #fit(line: StudioLine): string {
    const width = this.#options.width();
    return fitWidth(
      line.text,
      width === undefined ? undefined : Math.max(10, width - line.indent.length - 1),
    );
  }
}
