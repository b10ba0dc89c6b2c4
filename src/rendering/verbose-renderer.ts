import type { LogEvent } from '../domain/event.ts';
import { plural } from './figure-format.ts';
import { palette, supportsColor, type Palette } from './palette.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import { TextStream } from './text-stream.ts';
import { verboseFields } from './verbose-fields.ts';
import { verboseLine } from './verbose-line.ts';

/**
 * One line per event, `[tool_call_started] name=Bash id=toolu_1 input={"command":"ls"}`, with the
 * agent's text and reasoning inline between them. Values with spaces are quoted, so that no value can
 * look like another field.
 */
export function verboseRenderer(options: RendererOptions = {}): Renderer {
  return new VerboseRenderer(palette(options.color ?? supportsColor()));
}

class VerboseRenderer implements Renderer {
  readonly #paint: Palette;
  readonly #text = new TextStream();
  #message = '';
  #reasoning = false;
  #inText = false;
  #endsLine = true;
  #events = 0;
  #tools = 0;

  constructor(paint: Palette) {
    this.#paint = paint;
  }

  render(event: LogEvent): string {
    this.#events += 1;
    if (event.type === 'message_streamed') return this.#stream(event.data.messageId, event.data.text, false);
    if (event.type === 'reasoning_streamed') return this.#stream(event.data.messageId, event.data.text, true);
    if (event.type === 'tool_call_started') this.#tools += 1;
    return `${this.#closeText()}${verboseLine(verboseFields(event), this.#paint)}\n`;
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
