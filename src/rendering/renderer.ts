import type { LogEvent } from '../domain/event.ts';

/**
 * Turns events into text, one after the other. A renderer holds the state of one output (which line
 * is open, which tools run), so each output needs its own. Its text goes to all sinks unchanged;
 * sinks that can't show colours take them out. What comes from agents, tools and users must have
 * gone through `visibleText` or `oneLine` first.
 */
export interface Renderer {
  /** The text to add for this event; empty when it shows nothing. */
  render(event: LogEvent): string;
  /** The text that closes the output. Called once, after the last event. */
  finish(): string;
}

/** What the line-based renderers take. */
export interface RendererOptions {
  /** Colours; default: what standard output can show, see `supportsColor`. */
  readonly color?: boolean;
}
