import { asAsmError, type AsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import { GuardedSink, type SinkFailure } from './guarded-sink.ts';
import type { Renderer } from './renderer.ts';
import type { Sink } from './sink.ts';
import { oneLine } from './visible-text.ts';

/** An event that the renderer threw at. */
export interface RenderFailure {
  readonly error: AsmError;
  /** The event's `seq`; absent for the closing text. */
  readonly failedAt?: number;
}

/** What became of a rendering. */
export interface RenderingReport {
  /** How many events came. */
  readonly events: number;
  /** The sinks that were switched off, in the order in which it happened. */
  readonly sinkErrors: readonly SinkFailure[];
  /** The first 16 events that could not be rendered. A line says so in their place. */
  readonly renderErrors: readonly RenderFailure[];
}

export interface RenderingOptions {
  /**
   * Milliseconds without progress after which a sink that is waited for counts as stalled and is
   * switched off; default 10 s. `Infinity` waits for ever, for a person at a pager.
   */
  readonly stallTimeout?: number;
  /** Characters that may wait for a slow sink before it is switched off; default 4 Mi. */
  readonly maximumBehind?: number;
  /** Called at once when a sink is switched off; what it throws is ignored. */
  readonly onSinkError?: (failure: SinkFailure) => void;
}

/**
 * A renderer and its sinks, which are its own from now on. Events go in with `push`. A sink that fails
 * or stalls is switched off and the others go on; nothing here ever throws or rejects because of one.
 */
export interface Rendering extends AsyncDisposable {
  /**
   * Renders one event and hands it to all sinks, in the order of the calls. A returned promise means
   * that a sink is behind: who awaits it loses nothing, who doesn't will lose a sink that falls more
   * than `maximumBehind` behind. Does nothing after `close`.
   */
  push(event: LogEvent): void | Promise<void>;
  /** Resolves when all sinks have written what was pushed. Never rejects. */
  flush(): Promise<void>;
  /** Writes the renderer's closing text, flushes and closes all sinks. The same report each time. */
  close(): Promise<RenderingReport>;
}

/** Starts a rendering for events that are pushed; `renderTo` does it for events that are pulled. */
export function createRendering(
  renderer: Renderer,
  sinks: readonly Sink[],
  options: RenderingOptions = {},
): Rendering {
  return new PushRendering(renderer, sinks, options);
}

const keptRenderErrors = 16;

class PushRendering implements Rendering {
  readonly #renderer: Renderer;
  readonly #sinks: readonly GuardedSink[];
  readonly #sinkErrors: SinkFailure[] = [];
  readonly #renderErrors: RenderFailure[] = [];
  #events = 0;
  #closing: Promise<RenderingReport> | undefined;

  constructor(renderer: Renderer, sinks: readonly Sink[], options: RenderingOptions) {
    this.#renderer = renderer;
    const guard = {
      stallTimeout: options.stallTimeout ?? 10_000,
      maximumBehind: options.maximumBehind ?? 4 * 1_024 * 1_024,
      onFailure: (failure: SinkFailure): void => {
        this.#sinkErrors.push(failure);
        tell(options.onSinkError, failure);
      },
    };
    this.#sinks = sinks.map((sink) => new GuardedSink(sink, guard));
  }

  push(event: LogEvent): void | Promise<void> {
    if (this.#closing !== undefined) return undefined;
    this.#events += 1;
    const text = this.#render(event);
    let behind = false;
    for (const sink of this.#sinks) {
      sink.write(text, event);
      if (sink.behind) behind = true;
    }
    return behind ? this.#caughtUp() : undefined;
  }

  async flush(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.flush()));
  }

  close(): Promise<RenderingReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #caughtUp(): Promise<void> {
    await Promise.all(this.#sinks.filter((sink) => sink.behind).map((sink) => sink.caughtUp()));
  }

  async #close(): Promise<RenderingReport> {
    const text = this.#finish();
    if (text !== '') for (const sink of this.#sinks) sink.write(text, undefined);
    await Promise.all(this.#sinks.map((sink) => sink.close()));
    return { events: this.#events, sinkErrors: this.#sinkErrors, renderErrors: this.#renderErrors };
  }

  #render(event: LogEvent): string {
    try {
      return checkedText(this.#renderer.render(event));
    } catch (error) {
      return this.#mark(error, event);
    }
  }

  #finish(): string {
    try {
      return checkedText(this.#renderer.finish());
    } catch (error) {
      return this.#mark(error, undefined);
    }
  }

  #mark(thrown: unknown, event: LogEvent | undefined): string {
    const error = asAsmError(thrown);
    if (this.#renderErrors.length < keptRenderErrors) {
      this.#renderErrors.push({ error, ...(event === undefined ? {} : { failedAt: event.seq }) });
    }
    const what = event === undefined ? 'the end' : `${oneLine(event.type, 60)}, event ${event.seq}`;
    return `\n[could not render ${what}: ${oneLine(error.message, 120)}]\n`;
  }
}

function checkedText(text: unknown): string {
  if (typeof text === 'string') return text;
  throw new TypeError(`the renderer gave ${typeof text} instead of text`);
}

function tell(listener: RenderingOptions['onSinkError'], failure: SinkFailure): void {
  try {
    listener?.(failure);
  } catch {
    // The rendering goes on, whatever its listener does.
  }
}
