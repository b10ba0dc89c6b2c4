import type { Event, LogEvent } from '../domain/event.ts';
import { isLiveTerminal, palette, supportsColor } from './palette.ts';
import type { Renderer, RendererOptions } from './renderer.ts';
import { StudioRunView } from './studio-run-view.ts';
import { StudioScreen } from './studio-screen.ts';
import { StudioToolView, type ToolOutputMode } from './studio-tool-view.ts';
import { StudioWriter } from './studio-writer.ts';

export interface StudioRendererOptions extends RendererOptions {
  /**
   * What is shown of a tool's output: only a `summary` (default), the last three lines (`preview`), or
   * every line that isn't blank, also while the tool runs (`full`).
   */
  readonly toolOutput?: ToolOutputMode;
  /** Spaces before each line and for each level of subagents; default 2. */
  readonly indent?: number;
  /** Whether a tool's line may be updated in place; default: whether standard output is a terminal. */
  readonly terminal?: boolean;
  /**
   * Columns for wrapping text and cutting lines. Default: those of standard output, as they are at
   * that moment, when `terminal` is true; else lines are as long as they are.
   */
  readonly width?: number;
}

/** Output for people: the agent's text as paragraphs, each tool call as a line that says what it did. */
export function studioRenderer(options: StudioRendererOptions = {}): Renderer {
  return new StudioRenderer(options);
}

class StudioRenderer implements Renderer {
  readonly #writer: StudioWriter;
  readonly #tools: StudioToolView;
  readonly #run: StudioRunView;
  /** Messages whose text was streamed, so that the whole message isn't shown again. */
  readonly #streamed = new Set<string>();
  #lastStreamed = '';

  constructor(options: StudioRendererOptions) {
    const terminal = options.terminal ?? isLiveTerminal();
    const width = (): number | undefined => options.width ?? (terminal ? process.stdout.columns : undefined);
    const paint = palette(options.color ?? supportsColor());
    this.#writer = new StudioWriter(new StudioScreen({ terminal, width }), paint, options.indent ?? 2);
    this.#tools = new StudioToolView(this.#writer, options.toolOutput ?? 'summary');
    this.#run = new StudioRunView(this.#writer);
  }

  render(event: LogEvent): string {
    switch (event.type) {
      case 'message_streamed':
      case 'reasoning_streamed':
        return this.#stream(event);
      case 'message_received':
      case 'reasoning_received':
        return this.#whole(event);
      case 'run_started':
        this.#streamed.clear();
        this.#tools.clear();
        return this.#run.started(event);
      case 'run_completed':
      case 'run_failed':
      case 'run_cancelled':
      case 'run_timed_out':
        return this.#run.ended(event, this.#tools.count);
      case 'token_usage_updated':
        return this.#run.used(event);
      case 'plan_updated':
        return this.#run.planned(event);
      case 'tool_call_started':
        return this.#tools.started(event);
      case 'tool_call_decided':
        return this.#tools.decided(event);
      case 'tool_output_streamed':
        return this.#tools.output(event);
      case 'tool_call_completed':
      case 'tool_call_failed':
        return this.#tools.ended(event);
      case 'subagent_started':
      case 'subagent_completed':
        return this.#tools.subagent(event);
      case 'file_changed':
        return this.#tools.fileChanged(event);
      default:
        return this.#writer.note(event);
    }
  }

  finish(): string {
    return this.#writer.close();
  }

  #stream(event: Event<'message_streamed' | 'reasoning_streamed'>): string {
    const { messageId, text, parentToolCallId } = event.data;
    const key = `${event.type === 'message_streamed' ? 'm' : 'r'}/${messageId}`;
    if (key !== this.#lastStreamed) {
      this.#streamed.add(key);
      this.#lastStreamed = key;
    }
    if (parentToolCallId === undefined)
      return this.#writer.text(key, 0, text, event.type === 'reasoning_streamed');
    const { before, depth } = this.#tools.under(event, parentToolCallId);
    return before + this.#writer.text(key, depth, text, event.type === 'reasoning_streamed');
  }

  /** The end of a streamed message, or all of one that wasn't streamed. */
  #whole(event: Event<'message_received' | 'reasoning_received'>): string {
    const { messageId, text, parentToolCallId } = event.data;
    const reasoning = event.type === 'reasoning_received';
    const key = `${reasoning ? 'r' : 'm'}/${messageId}`;
    this.#lastStreamed = '';
    if (this.#streamed.delete(key)) return this.#writer.closeText(key);
    const { before, depth } =
      parentToolCallId === undefined ? { before: '', depth: 0 } : this.#tools.under(event, parentToolCallId);
    return before + this.#writer.text(key, depth, text, reasoning) + this.#writer.closeText(key);
  }
}
