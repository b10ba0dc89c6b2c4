import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { orAborted } from '../domain/abort.ts';
import type { ClientToolDescription, ClientToolResult } from '../domain/client-tool.ts';
import { AsmError, hasErrorCode } from '../domain/error.ts';
import { toJson, type JsonObject, type JsonValue } from '../domain/json.ts';
import type { Authorization } from '../domain/tool.ts';
import { runCookieVariable } from '../process/process-family.ts';
import { makeBridgeFolder } from './bridge-folder.ts';
import { requestDeadline, tokenVariable, type BridgeAnswer, type BridgeRequest } from './bridge-message.ts';
import { serveConnection } from './bridge-connection.ts';

/** Clients at the same time; more are turned away. */
const maximumClients = 256;

/** Characters of a reason that the agent is told. */
const maximumReason = 8_192;

/** What an agent's helper programs may ask for. Signals abort when the program goes away or the bridge closes. */
export interface BridgeHandlers {
  /**
   * Decides about a tool call in the agent's own form. Without it every call is denied; what it throws is a
   * denial, but for `cancelled`, which is not answered at all: the agent is about to be ended.
   */
  authorize?(payload: JsonObject, options: { readonly signal: AbortSignal }): Promise<Authorization>;
  readonly tools?: readonly ClientToolDescription[];
  callTool?(
    name: string,
    input: JsonObject,
    options: { readonly signal: AbortSignal },
  ): Promise<ClientToolResult>;
}

export interface BridgeOptions {
  /** The run's cookie, so that helper programs are found with the agent's other processes. */
  readonly cookie: string;
  /** Milliseconds that one request may stay open. Default: 25 hours, longer than any approval. */
  readonly deadline?: number;
}

/** A way for an agent that can only start programs to ask this process. Disposing it is closing it. */
export interface Bridge extends AsyncDisposable {
  /** Absolute path of a folder that only we may enter; removed when the bridge is closed. */
  readonly folder: string;
  /** Absolute path of its socket. */
  readonly socket: string;
  /** The variables that a helper program needs. Secret; not for the agent itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends all connections, which aborts what is open, and removes the folder. */
  close(): Promise<void>;
}

/**
 * Opens a bridge: a Unix socket in a private folder, for clients that show its token. Nothing listens on
 * a port. Rejects with what the system says when the socket can't be made.
 */
export async function startBridge(handlers: BridgeHandlers, options: BridgeOptions): Promise<Bridge> {
  const folder = await makeBridgeFolder();
  const token = randomBytes(32).toString('base64url');
  const clients = new Set<Socket>();
  const closing = new AbortController();
  const answer = (request: BridgeRequest, gone: AbortSignal): Promise<BridgeAnswer> =>
    answerRequest(request, handlers, gone, closing.signal, options.deadline ?? requestDeadline);
  const server = createServer((socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
    serveConnection(socket, { token, answer });
  });
  server.maxConnections = maximumClients;
  try {
    server.listen(folder.socket);
    await once(server, 'listening');
    await chmod(folder.socket, 0o600);
  } catch (thrown) {
    server.close();
    await folder.remove();
    throw thrown;
  }
  // A client that could not be accepted has no answer, which it takes for a denial.
  server.on('error', () => undefined);

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort(new AsmError('cancelled', 'The run has ended.'));
      for (const client of clients) client.destroy();
      await ended;
      await folder.remove();
    })();
    return closed;
  };
  return {
    folder: folder.path,
    socket: folder.socket,
    environment: { [tokenVariable]: token, [runCookieVariable]: options.cookie },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Answers in any case: with the result, or with why there is none. */
async function answerRequest(
  request: BridgeRequest,
  handlers: BridgeHandlers,
  gone: AbortSignal,
  closing: AbortSignal,
  deadline: number,
): Promise<BridgeAnswer> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new AsmError('timed_out', 'There was no answer in time.')),
    deadline,
  );
  const signal = AbortSignal.any([gone, closing, late.signal]);
  try {
    const result = resultOf(request, handlers, signal).catch(silentWhenCancelled);
    return { result: await orAborted(result, signal) };
  } catch (thrown) {
    return { error: (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, maximumReason) };
  } finally {
    clearTimeout(timer);
  }
}

/** An agent that is told "no" because its run was cancelled would ask its model once more before it is ended. */
async function silentWhenCancelled(thrown: unknown): Promise<never> {
  if (hasErrorCode(thrown, 'cancelled')) await new Promise<never>(() => undefined);
  throw thrown;
}

async function resultOf(
  request: BridgeRequest,
  handlers: BridgeHandlers,
  signal: AbortSignal,
): Promise<JsonValue> {
  switch (request.type) {
    case 'authorize':
      if (handlers.authorize === undefined) throw new AsmError('invalid_operation', 'Nobody decides here.');
      return answerFor(await handlers.authorize(request.payload, { signal }));
    case 'tools':
      return toJson(handlers.tools ?? []);
    case 'call':
      if (handlers.callTool === undefined)
        throw new AsmError('invalid_operation', 'There are no tools here.');
      return toJson(await handlers.callTool(request.name, request.input, { signal }));
  }
}

/** The answer in the one form that helper programs know. */
function answerFor(authorization: Authorization): JsonObject {
  if (authorization.decision === 'deny')
    return { decision: 'deny', reason: authorization.reason.slice(0, maximumReason) };
  if (authorization.changedInput === undefined) return { decision: 'allow' };
  // What was allowed is another call, which such an agent has no way to be told of.
  const reason = 'It was allowed only with another input, which this agent cannot take.';
  return { decision: 'deny', reason };
}
