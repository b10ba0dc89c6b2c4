import type { ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import type { JsonValue } from '../../domain/json.ts';
import { pause } from '../../domain/pause.ts';
import { whenAborted } from './when-aborted.ts';

/** Writes server-sent events to one client, as fast as it reads them. */
export interface EventStreamWriter {
  /** Aborted when the client has gone, the stream was cut or the server closes. */
  readonly signal: AbortSignal;
  /** Sends one event; resolves false, and sends nothing, once `signal` is aborted. */
  send(name: string, data: JsonValue): Promise<boolean>;
  /** Waits; resolves false at once when `signal` aborts. */
  pause(milliseconds: number): Promise<boolean>;
  /** Resolves when `signal` aborts. */
  hang(): Promise<void>;
}

export interface EventStreamOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The number of events after which `cut` is called. */
  readonly cutAfter?: number;
  cut(): void;
}

/** Makes a writer over a response whose head was sent. */
export function createEventStreamWriter(
  response: ServerResponse,
  options: EventStreamOptions,
): EventStreamWriter {
  const { signal, clock } = options;
  const cutAfter = options.cutAfter ?? Number.POSITIVE_INFINITY;
  let sent = 0;

  return {
    signal,
    async send(name, data) {
      if (!signal.aborted && sent >= cutAfter) options.cut();
      if (signal.aborted) return false;
      sent++;
      const room = response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      if (!room) await drained(response, signal);
      return !signal.aborted;
    },
    pause: (milliseconds) => pause(milliseconds, signal, clock),
    hang: () => whenAborted(signal),
  };
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
