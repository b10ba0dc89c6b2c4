import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEvent } from '../domain/event.ts';
import { createRendering, type RenderingOptions, type RenderingReport } from './rendering.ts';
import type { Renderer } from './renderer.ts';
import type { Sink } from './sink.ts';

export interface RenderToOptions extends RenderingOptions {
  readonly events: AsyncIterable<LogEvent>;
  readonly renderer: Renderer;
  /** Any number; all of them are closed when the rendering ends, however it ends. */
  readonly sinks: readonly Sink[];
  /** Ends the rendering: what came so far is written, the sinks are closed, the report is given. */
  readonly signal?: AbortSignal;
}

/** After this many events in a row the rest of the process gets its turn. */
const eventsPerTurn = 1_024;

/**
 * Renders events to sinks until the events end or the signal is aborted. Rejects only with what the
 * events themselves throw, after closing the sinks; failing sinks and renderers are in the report.
 * Waits for a sink that is behind, and for a stalled one no longer than `stallTimeout`.
 */
export async function renderTo(options: RenderToOptions): Promise<RenderingReport> {
  const rendering = createRendering(options.renderer, options.sinks, options);
  try {
    await pump(options.events, options.signal, (event) => rendering.push(event));
  } finally {
    await rendering.close();
  }
  return rendering.close();
}

async function pump(
  events: AsyncIterable<LogEvent>,
  signal: AbortSignal | undefined,
  push: (event: LogEvent) => void | Promise<void>,
): Promise<void> {
  if (isAborted(signal)) return;
  const iterator = events[Symbol.asyncIterator]();
  let stop: (() => void) | undefined;
  const onAbort = (): void => stop?.();
  signal?.addEventListener('abort', onAbort, { once: true });
  /** One promise per event instead of a race with the signal, which would collect reactions. */
  const next = (): Promise<IteratorResult<LogEvent, unknown> | undefined> =>
    new Promise((resolve, reject) => {
      stop = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  try {
    for (let count = 1; ; count += 1) {
      const result = signal === undefined ? await iterator.next() : await next();
      if (result?.done === true) return;
      if (result === undefined || isAborted(signal)) break;
      const waiting = push(result.value);
      if (waiting !== undefined) await waiting;
      if (count % eventsPerTurn === 0) await nextTurn();
    }
    // Not awaited: an iterator that waits for its next event may answer only then.
    iterator.return?.().catch(() => {});
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
