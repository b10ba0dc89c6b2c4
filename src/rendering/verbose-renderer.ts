import type { LogEvent } from '../domain/event.ts';
import { plural } from './figure-format.ts';
import { palette, supportsColor, type Palette } from './palette.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import { TextStream } from './text-stream.ts';
import { verboseFields } from './verbose-fields.ts';
import { verboseLine } from './verbose-line.ts';

/** What the verbose renderer takes. */
export interface VerboseRendererOptions extends RendererOptions {
  /** Begins each line with the event's `seq` and its time, as `12 2027-01-31T18:00:00.000Z`; default false. */
  readonly times?: boolean;
}

/**
 * One line per event, `[tool_call_started] name=Bash id=toolu_1 input={"command":"ls"}`, with the
 * agent's text and reasoning inline between them. Values with spaces are quoted, so that no value can
 * look like another field.
 */
export function verboseRenderer(options: VerboseRendererOptions = {}): Renderer {
  return new VerboseRenderer(palette(options.color ?? supportsColor()), options.times ?? false);
}

class VerboseRenderer implements Renderer {
  readonly #paint: Palette;
  readonly #times: boolean;
  readonly #text = new TextStream();
  #message = '';
  #reasoning = false;
  #inText = false;
  #endsLine = true;
  #events = 0;
  #tools = 0;

  constructor(paint: Palette, times: boolean) {
    this.#paint = paint;
    this.#times = times;
  }

  render(event: LogEvent): string {
    this.#events += 1;
    if (event.type === 'message_streamed') return this.#stream(event.data.messageId, event.data.text, false);
    if (event.type === 'reasoning_streamed') return this.#stream(event.data.messageId, event.data.text, true);
    if (event.type === 'tool_call_started') this.#tools += 1;
    const line = verboseLine(verboseFields(event), this.#paint);
    return `${this.#closeText()}${this.#times ? this.#when(event) : ''}${line}\n`;
  }

  #when({ seq, time }: LogEvent): string {
    return `${this.#paint.dim(`${seq} ${new Date(time).toISOString()}`)} `;
  }

  finish(): string {
    return `${this.#closeText()}--- ${plural(this.#events, 'event')}, ${plural(this.#tools, 'tool')} ---\n`;
  }

  #stream(messageId: string, piece: string, reasoning: boolean): string {
    if (piece === '') return '';
    let before = '';
    if (!this.#inText || this.#message !== messageId || this.#reasoning !== reasoning) {
      before = this.#closeText();
      this.#inText = true;
      this.#message = messageId;
      this.#reasoning = reasoning;
    }
    const text = this.#text.next(piece);
    if (text !== '') this.#endsLine = text.endsWith('\n');
    return before + (reasoning ? this.#paint.dim(text) : text);
  }

  #closeText(): string {
    if (!this.#inText) return '';
    const rest = this.#text.end();
    const newline = this.#endsLine && rest === '' ? '' : '\n';
    this.#inText = false;
    this.#endsLine = true;
    return rest + newline;
  }
}
