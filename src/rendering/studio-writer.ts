import type { LogEvent } from '../domain/event.ts';
import type { Palette } from './palette.ts';
import { studioNote, studioSymbols, type StudioNote } from './studio-note.ts';
import type { StudioLine, StudioScreen } from './studio-screen.ts';

/** The symbols, colours and indents of studio lines. */
export class StudioWriter {
  readonly paint: Palette;
  readonly #screen: StudioScreen;
  readonly #indent: number;
  #textKey: string | undefined;

  constructor(screen: StudioScreen, paint: Palette, indent: number) {
    this.#screen = screen;
    this.paint = paint;
    this.#indent = Number.isSafeInteger(indent) ? Math.min(40, Math.max(0, indent)) : 2;
  }

  /** A line `<symbol> <text>` whose symbol has a colour. */
  line(
    symbol: string,
    color: keyof Palette,
    text: string,
    options: { depth?: number; spaced?: boolean } = {},
  ): string {
    this.#textKey = undefined;
    return this.#screen.line(this.#symbolLine(symbol, color, text, options.depth ?? 0), options.spaced);
  }

  /** The same, not cut but wrapped: for what has to be read to its end, such as why a run failed. */
  paragraph(symbol: string, color: keyof Palette, text: string, options: { spaced?: boolean } = {}): string {
    this.#textKey = undefined;
    return this.#screen.paragraph(this.#symbolLine(symbol, color, text, 0), symbol, options.spaced);
  }

  running(key: string, text: string, depth: number): string {
    this.#textKey = undefined;
    return this.#screen.running(key, this.#symbolLine(studioSymbols.running, 'blue', text, depth));
  }

  settled(key: string, failed: boolean, text: string, depth: number): string {
    this.#textKey = undefined;
    const [symbol, color] = failed
      ? ([studioSymbols.fail, 'red'] as const)
      : ([studioSymbols.ok, 'green'] as const);
    return this.#screen.settled(key, this.#symbolLine(symbol, color, text, depth));
  }

  /** A dim line two columns further in, such as a line of output or a label. */
  detail(symbol: string, text: string, depth: number): string {
    this.#textKey = undefined;
    return this.#screen.line({
      indent: this.#space(depth) + '  ',
      text: `${symbol} ${text}`.trimEnd(),
      paint: this.paint.dim,
    });
  }

  text(key: string, depth: number, piece: string, dim: boolean): string {
    this.#textKey = key;
    return this.#screen.text(key, this.#space(depth), piece, dim ? this.paint.dim : (text) => text);
  }

  /** Ends the block of this key if it is the open one. */
  closeText(key: string): string {
    return this.#textKey === key ? this.close() : '';
  }

  close(): string {
    this.#textKey = undefined;
    return this.#screen.close();
  }

  note(event: LogEvent): string {
    const note = studioNote(event);
    if (note === undefined) return '';
    const [symbol, color] = noteStyles[note.kind];
    if (symbol === '') return this.#dimLine(note.text);
    if (note.kind === 'fail' || note.kind === 'warn') return this.paragraph(symbol, color, note.text);
    return this.line(symbol, color, note.text, { spaced: note.kind === 'sent' });
  }

  #dimLine(text: string): string {
    this.#textKey = undefined;
    return this.#screen.line({ indent: this.#space(0), text, paint: this.paint.dim });
  }

  #symbolLine(symbol: string, color: keyof Palette, text: string, depth: number): StudioLine {
    const paint = this.paint[color];
    return {
      indent: this.#space(depth),
      text: `${symbol} ${text}`,
      paint: (line) => paint(line.slice(0, symbol.length)) + line.slice(symbol.length),
    };
  }

  #space(depth: number): string {
    return ' '.repeat(this.#indent * (depth + 1));
  }
}

const noteStyles: Readonly<Record<StudioNote['kind'], readonly [symbol: string, color: keyof Palette]>> = {
  info: [studioSymbols.info, 'blue'],
  fail: [studioSymbols.fail, 'red'],
  warn: [studioSymbols.info, 'magenta'],
  sent: [studioSymbols.sent, 'magenta'],
  dim: ['', 'dim'],
};
