import type { LogEvent } from '../domain/event.ts';
import type { Sink } from './sink.ts';

export interface CallbackSinkOptions {
  /** Default `callback`. */
  readonly name?: string;
}

/**
 * Hands each event and its rendered text to a function; not the renderer's closing text, which belongs
 * to no event. A promise that the function returns is awaited before its next call.
 */
export function callbackSink(
  callback: (event: LogEvent, text: string) => void | Promise<void>,
  options: CallbackSinkOptions = {},
): Sink {
  return {
    name: options.name ?? 'callback',
    write: (text, event) => (event === undefined ? undefined : callback(event, text)),
    flush: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
