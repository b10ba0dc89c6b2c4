import type { LogEvent } from '../domain/event.ts';

/**
 * Takes rendered text and events somewhere. Disposing flushes and frees what the sink itself opened;
 * a stream that it was given stays open.
 */
export interface Sink extends AsyncDisposable {
  /** Names the sink in reports. */
  readonly name: string;
  /**
   * Takes the text of one event (it may be empty), or the renderer's closing text with `undefined`.
   * Calls don't overlap: after a promise the next call waits until it is settled. Throwing or
   * rejecting switches the sink off.
   */
  write(text: string, event: LogEvent | undefined): void | Promise<void>;
  /** Resolves when all that was written before has reached its destination; rejects if it can't. */
  flush(): Promise<void>;
}
