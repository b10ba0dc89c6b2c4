import type { LogEvent } from '../domain/event.ts';
import { compactToken } from './compact-token.ts';
import { plural } from './figure-format.ts';
import { palette, supportsColor, type Palette } from './palette.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import { TextStream } from './text-stream.ts';

/**
 * Short tokens on one line (`r+ sonnet-4-5 t+Bash t-Bash tr: …`), the agent's text between them after
 * `>>`, its reasoning after `~~`. Dim `↳` marks what a subagent does. Ends with a line of counts.
 */
export function compactRenderer(options: RendererOptions = {}): Renderer {
  return new CompactRenderer(palette(options.color ?? supportsColor()));
}

class CompactRenderer implements Renderer {
  readonly #paint: Palette;
  readonly #text = new TextStream();
  /** What the last line holds: nothing, tokens, or the text of the message with this key. */
  #open: 'nothing' | 'tokens' | 'text' = 'nothing';
  #message = '';
  #reasoning = false;
  #endsLine = true;
  #events = 0;
  #tools = 0;

  constructor(paint: Palette) {
    this.#paint = paint;
  }

  render(event: LogEvent): string {
    this.#events += 1;
    switch (event.type) {
      case 'message_streamed':
        return this.#stream(event.data, false);
      case 'reasoning_streamed':
        return this.#stream(event.data, true);
      case 'run_started':
        return this.#closeLine() + this.#token(compactToken(event, this.#paint));
      case 'tool_call_started':
        this.#tools += 1;
        return this.#token(compactToken(event, this.#paint));
      default:
        return this.#token(compactToken(event, this.#paint));
    }
  }

  finish(): string {
    const counts = `${plural(this.#events, 'event')}, ${plural(this.#tools, 'tool')}`;
    return `${this.#closeLine()}${this.#paint.dim(counts)}\n`;
  }

  #stream(data: StreamedText, reasoning: boolean): string {
    if (data.text === '') return '';
    const goesOn = this.#open === 'text' && this.#message === data.messageId && this.#reasoning === reasoning;
    const opening = goesOn ? '' : this.#enter(data, reasoning);
    const text = this.#text.next(data.text);
    if (text !== '') this.#endsLine = text.endsWith('\n');
    return opening + (reasoning ? this.#paint.dim(text) : text);
  }

  #enter(data: StreamedText, reasoning: boolean): string {
    const before = this.#separator();
    this.#open = 'text';
    this.#message = data.messageId;
    this.#reasoning = reasoning;
    this.#endsLine = false;
    const subagent = data.parentToolCallId === undefined ? '' : this.#paint.dim('↳');
    return `${before}${subagent}${reasoning ? this.#paint.dim('~~') : this.#paint.magenta('>>')} `;
  }

  #token(token: string): string {
    const before = this.#separator();
    this.#open = 'tokens';
    this.#endsLine = false;
    return before + token;
  }

  #separator(): string {
    if (this.#open === 'tokens') return ' ';
    return this.#closeLine();
  }

  #closeLine(): string {
    const rest = this.#text.end();
    const newline = this.#endsLine && rest === '' ? '' : '\n';
    this.#open = 'nothing';
    this.#endsLine = true;
    return rest + newline;
  }
}

interface StreamedText {
  readonly messageId: string;
  readonly text: string;
  readonly parentToolCallId?: string;
}
