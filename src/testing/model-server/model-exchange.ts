import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import type { JsonValue } from '../../domain/json.ts';
import { createEventStreamWriter } from './event-stream-writer.ts';
import type { ExchangeState } from './model-request.ts';
import type { ModelTurn } from './model-turn.ts';
import { pause } from '../../domain/pause.ts';
import { whenAborted } from './when-aborted.ts';
import type { WireFormat, WireRequest } from './wire-format.ts';

/** The answering side of one request. */
export interface ModelExchange {
  /** Aborted when the client has gone, the script cut the connection or the server closes. */
  readonly signal: AbortSignal;
  json(status: number, body: JsonValue, headers?: { readonly [name: string]: string }): void;
  /** Plays a turn; resolves when it is over, whatever way. */
  play(turn: ModelTurn, wire: WireFormat, request: WireRequest, streamed: boolean): Promise<void>;
  /** How it went; final once the socket was closed or the answer ended. */
  readonly state: ExchangeState;
}

/** Wraps one response. `closing` is the server's own end. */
export function createModelExchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  options: { readonly clock: Clock; readonly closing: AbortSignal },
): ModelExchange {
  const gone = new AbortController();
  const signal = AbortSignal.any([gone.signal, options.closing]);
  let state: ExchangeState = 'open';
  const settle = (how: ExchangeState): void => {
    if (state === 'open') state = how;
  };
  response.once('close', () => {
    settle(response.writableFinished ? 'answered' : options.closing.aborted ? 'closed' : 'client_gone');
    gone.abort();
  });
  // A client that vanishes is no failure of the server.
  response.on('error', () => gone.abort());

  const cut = (): void => {
    settle('cut');
    // What was written goes out first; then the client finds the body unfinished.
    incoming.socket.destroySoon();
    gone.abort();
  };
  const end = (text?: string): void => {
    settle('answered');
    response.end(text);
  };
  const head = (status: number, type: string, headers: { readonly [name: string]: string } = {}): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-cache', ...headers });
  };
  const json = (status: number, body: JsonValue, headers: { readonly [name: string]: string } = {}): void => {
    if (signal.aborted) return;
    head(status, 'application/json', headers);
    end(JSON.stringify(body));
  };

  return {
    signal,
    json,
    async play(turn, wire, request, streamed) {
      if (!(await pause(turn.delay ?? 0, signal, options.clock))) return;
      if (turn.error !== undefined)
        return json(turn.error.status, wire.failure(turn.error), turn.error.headers);
      if (turn.malformed !== undefined) {
        head(200, streamed ? 'text/event-stream' : 'application/json', turn.headers);
        return end(turn.malformed);
      }
      if (!streamed) {
        if (turn.cutAfter !== undefined) return cut();
        if (turn.hang === true) return whenAborted(signal);
        return json(200, wire.whole(turn, request), turn.headers);
      }
      head(200, 'text/event-stream', turn.headers);
      const cutAfter = turn.cutAfter === undefined ? {} : { cutAfter: turn.cutAfter };
      await wire.stream(
        turn,
        request,
        createEventStreamWriter(response, { signal, clock: options.clock, cut, ...cutAfter }),
      );
      if (!signal.aborted) end();
    },
    get state() {
      return state;
    },
  };
}
