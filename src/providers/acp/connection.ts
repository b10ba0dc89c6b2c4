import type { ProcessGroup } from '../../process/process-group.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { createMessageStream } from './message-stream.ts';
import type { PermissionOutcome, PermissionRefusal } from './permission-request.ts';
import type { AcpSdk } from './sdk.ts';

/** Milliseconds that output may still come after the program has ended. */
const outputGrace = 250;

/** The code of an error that is a refusal: one of those that everybody may give a meaning of their own. */
const refused = -32_001;

/** What an agent says by itself. None of these may throw. */
export interface AgentListener {
  /** The parameters of a `session/update`, in their order. */
  onUpdate(parameters: JsonValue): void;
  /** A `session/request_permission`; resolves with the answer. The signal aborts when it is taken back. */
  onPermission(parameters: JsonValue, signal: AbortSignal): Promise<PermissionOutcome | PermissionRefusal>;
  /** A line that is no message, or a message of another method. */
  onForeign(raw: JsonValue): void;
  /** Resolves when more may be read. */
  ready(): Promise<void>;
}

/** A conversation in the protocol with a running agent. */
export interface AgentConnection {
  /** Asks the agent. Rejects with the SDK's error, or `ConnectionClosed` when the agent is gone. */
  request(method: string, parameters: JsonObject): Promise<JsonValue>;
  /** Tells the agent; that it is gone is told by the requests. */
  notify(method: string, parameters: JsonObject): void;
  /** What broke the reading, if anything did. */
  readonly broken: unknown;
  /** No more messages; open requests reject. */
  close(): void;
}

/** The agent has gone, or its output ended, while it was asked. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

/** Starts to speak with an agent over its standard input and output. */
export function connectAgent(sdk: AcpSdk, group: ProcessGroup, listener: AgentListener): AgentConnection {
  let broken: unknown;
  const stream = createMessageStream({
    input: group.child.stdout,
    output: group.child.stdin,
    ready: () => listener.ready(),
    onNotification(method, params) {
      if (method === 'session/update') listener.onUpdate(params);
      else listener.onForeign({ method, params });
    },
    onForeign: (foreign) => listener.onForeign(foreign),
    onEnd(thrown) {
      broken ??= thrown;
    },
  });
  const raw = (parameters: unknown): JsonValue => (parameters ?? null) as JsonValue;
  const connection = sdk
    .client({ name: 'agent-session-manager' })
    .onRequest<JsonValue, PermissionOutcome>(
      'session/request_permission',
      raw,
      async ({ params, signal }) => {
        const answer = await listener.onPermission(params, signal);
        if ('refusal' in answer) throw new sdk.RequestError(refused, answer.refusal);
        return answer;
      },
    )
    .onRequest('*', ({ method, params }) => {
      listener.onForeign({ method: method ?? '', params: raw(params) });
      throw sdk.RequestError.methodNotFound(method ?? '');
    })
    .connect(stream);
  // A child of the agent may keep its output open after it.
  void group.exit.then(() => setTimeout(() => connection.close(), outputGrace).unref());

  return {
    async request(method, parameters) {
      try {
        return raw(await connection.agent.request<unknown, JsonObject>(method, parameters));
      } catch (thrown) {
        if (thrown instanceof sdk.RequestError) throw thrown;
        throw new ConnectionClosed('The agent ended the conversation.', { cause: thrown });
      }
    },
    notify(method, parameters) {
      connection.agent.notify(method, parameters).catch(() => undefined);
    },
    get broken() {
      return broken;
    },
    close: () => connection.close(),
  };
}
