import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/clock.ts';
import { AsmError, abortError, asAsmError } from '../../domain/error.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { LoggedRequest } from './logged-request.ts';
import { createModelExchange, type ModelExchange } from './model-exchange.ts';
import type { ModelRequest } from './model-request.ts';
import type { ModelTurn } from './model-turn.ts';
import { openaiResponses } from './openai-responses.ts';
import type { RequestLog } from './request-log.ts';
import { readRequest, type ReadRequest } from './request-reader.ts';
import type { TurnScript } from './turn-script.ts';
import type { WireFormat, WireRoute } from './wire-format.ts';

/** What answering needs of its server. */
export interface AnswererParts {
  readonly clock: Clock;
  readonly log: RequestLog;
  readonly turns: TurnScript;
  readonly auxiliaryTurn: ModelTurn;
  readonly isAuxiliary?: (request: ModelRequest) => boolean;
  /** The server's own end. */
  readonly closing: AbortSignal;
}

const wireFormats: readonly WireFormat[] = [anthropicMessages, openaiResponses];

/** Makes the function that answers one request: finds its wire format, its turn, and plays it. */
export function createAnswerer(
  parts: AnswererParts,
): (incoming: IncomingMessage, response: ServerResponse) => Promise<void> {
  let count = 0;

  const answerModel = async (
    request: LoggedRequest,
    read: ReadRequest,
    exchange: ModelExchange,
    model: { readonly wire: WireFormat; readonly route: WireRoute & { readonly kind: 'model' } },
  ): Promise<void> => {
    try {
      request.auxiliary = parts.isAuxiliary?.(request) ?? request.auxiliary;
      request.turn = request.auxiliary
        ? parts.auxiliaryTurn
        : await untilAborted(parts.turns.next(request, { signal: exchange.signal }), exchange.signal);
    } catch (thrown) {
      request.scriptError = asAsmError(thrown).message;
      return exchange.json(500, model.wire.failure({ status: 500, message: request.scriptError }));
    }
    await exchange.play(request.turn, model.wire, read, model.route.streamed);
  };

  return async (incoming, response) => {
    const exchange = createModelExchange(incoming, response, parts);
    response.once('close', () => parts.log.changed());
    let read: ReadRequest;
    try {
      read = await readRequest(incoming);
    } catch {
      incoming.destroy();
      return;
    }
    const identity = { number: ++count, time: parts.clock.now() };
    for (const wire of wireFormats) {
      const route = wire.route(read);
      if (route === undefined) continue;
      const model = route.kind === 'model' ? { wire, route } : undefined;
      const request = new LoggedRequest(identity, read, exchange, model);
      parts.log.add(request);
      return route.kind === 'model'
        ? answerModel(request, read, exchange, { wire, route })
        : exchange.json(route.status, route.body);
    }
    parts.log.add(new LoggedRequest(identity, read, exchange));
    if (read.method === 'HEAD') return exchange.json(200, {});
    const message = `The scripted model server knows no ${read.method} ${read.path}.`;
    exchange.json(404, anthropicMessages.failure({ status: 404, message }));
  };
}

async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal.aborted) throw abortError(signal);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () =>
      reject(new AsmError('cancelled', 'The connection was closed while the script made its turn.'));
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
