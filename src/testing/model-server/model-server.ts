import { createServer, type Server } from 'node:http';
import { systemClock, type Clock } from '../../domain/clock.ts';
import { AsmError } from '../../domain/error.ts';
import { createAnswerer } from './model-answerer.ts';
import { isMainRequest, type ModelRequest } from './model-request.ts';
import { createRequestLog, type RequestLogLimits, type WaitOptions } from './request-log.ts';
import type { ModelUsage } from './model-turn.ts';
import { createTurnScript, type ModelScript } from './turn-script.ts';

export interface ModelServerOptions {
  /** What auxiliary requests (titles, checks) are answered with. Default `Scripted title`. */
  readonly auxiliaryText?: string;
  /** What those answers report as used. Default: 10 input and 5 output tokens. */
  readonly auxiliaryUsage?: ModelUsage;
  /**
   * Decides which model calls are auxiliary and take no turn; `request.auxiliary` is the default
   * decision: calls without tools, and calls limited to at most 100 tokens. For agents that run
   * without tools: `() => false`.
   */
  readonly isAuxiliary?: (request: ModelRequest) => boolean;
  readonly log?: RequestLogLimits;
  readonly clock?: Clock;
}

/** A model service on 127.0.0.1 that says what its script says. Disposing it closes every connection. */
export interface ModelServer extends AsyncDisposable {
  /** Base address, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first, as far as the log's limits keep them. Grows. */
  readonly requests: readonly ModelRequest[];
  /** The requests that took a turn of the script, or wait for one. */
  readonly mainRequests: readonly ModelRequest[];
  /** Replaces the script of conversations that have none of their own; begins at its first turn. */
  setScript(script: ModelScript): void;
  /** Gives one conversation a script of its own, so that several agents can share the server. */
  setConversationScript(conversation: string, script: ModelScript): void;
  /**
   * Resolves with the first request, old or new, for which `predicate` holds; it is asked again
   * when the connection of a request closes. Default deadline 30 s: `timed_out`. Aborted or closed:
   * `cancelled`.
   */
  waitForRequest(predicate: (request: ModelRequest) => boolean, options?: WaitOptions): Promise<ModelRequest>;
}

/**
 * Starts a scripted model server on a free port of 127.0.0.1. It speaks the Anthropic Messages API:
 * `POST /v1/messages` streamed and whole, token counts, model lists, and `HEAD` of anything.
 */
export async function startModelServer(
  script: ModelScript = [],
  options: ModelServerOptions = {},
): Promise<ModelServer> {
  const clock = options.clock ?? systemClock;
  const log = createRequestLog(options.log, clock);
  const turns = createTurnScript(script);
  const closing = new AbortController();
  const answer = createAnswerer({
    clock,
    log,
    turns,
    auxiliaryTurn: {
      text: options.auxiliaryText ?? 'Scripted title',
      usage: options.auxiliaryUsage ?? { input: 10, output: 5 },
    },
    ...(options.isAuxiliary === undefined ? {} : { isAuxiliary: options.isAuxiliary }),
    closing: closing.signal,
  });

  const open = new Set<Promise<void>>();
  const server = createServer((incoming, response) => {
    const answered = answer(incoming, response)
      .catch(() => void response.destroy())
      .finally(() => open.delete(answered));
    open.add(answered);
  });
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: log.requests,
    get mainRequests() {
      return log.requests.filter(isMainRequest);
    },
    setScript: (next) => turns.replace(next),
    setConversationScript: (conversation, next) => turns.assign(conversation, next),
    waitForRequest: (predicate, waitOptions) => log.wait(predicate, waitOptions),
    async [Symbol.asyncDispose]() {
      closing.abort();
      log.close();
      await close(server);
      await Promise.all(open);
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new AsmError('internal_error', 'The model server got no port.'));
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A second disposal finds the server closed, which the callback reports as an error.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
