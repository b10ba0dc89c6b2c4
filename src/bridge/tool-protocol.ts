import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts';

/** What the tool server gets its tools from. */
export interface ToolSource {
  /** Descriptions of the client tools. */
  tools(): Promise<JsonValue>;
  /** The result of a call, as `{ text, failed }`. */
  call(name: string, input: JsonObject, signal: AbortSignal): Promise<JsonValue>;
}

/** The version of the protocol that is offered to a client that names none. */
const protocolVersion = '2025-06-18';

/** One client's conversation with a server of the Model Context Protocol that has only tools. */
export interface ToolProtocol {
  /** Takes a message in; gives the answer, or `undefined` where none is due. Never rejects. */
  take(message: unknown): Promise<JsonObject | undefined>;
  /** The client is gone: takes all open calls back. */
  end(): void;
}

/** Makes the protocol for one client. `undefined` stands for a message that was no JSON. */
export function createToolProtocol(source: ToolSource): ToolProtocol {
  const open = new Map<JsonValue, AbortController>();

  const call = async (id: JsonValue, parameters: JsonObject): Promise<JsonObject | undefined> => {
    const { name, arguments: input = {} } = parameters;
    if (typeof name !== 'string' || !isJsonObject(input))
      return failure(id, -32_602, 'A call has a name, and its arguments are an object.');
    const controller = new AbortController();
    open.set(id, controller);
    try {
      return success(id, callResult(await source.call(name, input, controller.signal)));
    } catch (thrown) {
      // A client that took its call back wants no answer: it might tell its model.
      if (controller.signal.aborted) return undefined;
      return success(id, callResult({ text: reasonOf(thrown), failed: true }));
    } finally {
      open.delete(id);
    }
  };
  const answer = async (
    id: JsonValue,
    method: string,
    parameters: JsonObject,
  ): Promise<JsonObject | undefined> => {
    switch (method) {
      case 'initialize':
        return success(id, {
          protocolVersion:
            typeof parameters['protocolVersion'] === 'string'
              ? parameters['protocolVersion']
              : protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'client', version: '1' },
        });
      case 'ping':
        return success(id, {});
      case 'tools/list':
        return success(id, { tools: toolList(await source.tools()) });
      case 'tools/call':
        return await call(id, parameters);
      default:
        return failure(id, -32_601, `There is no method ${JSON.stringify(method)}.`);
    }
  };

  return {
    async take(message) {
      if (message === undefined) return failure(null, -32_700, 'This is no JSON.');
      if (!isJsonObject(message) || typeof message['method'] !== 'string')
        // An answer to nothing that was asked needs none.
        return isJsonObject(message) && ('result' in message || 'error' in message)
          ? undefined
          : failure(null, -32_600, 'This is no request.');
      const { id, method, params } = message;
      const parameters = isJsonObject(params) ? params : {};
      if (id === undefined) {
        if (method === 'notifications/cancelled') open.get(parameters['requestId'] ?? null)?.abort();
        return undefined;
      }
      try {
        return await answer(id, method, parameters);
      } catch (thrown) {
        return failure(id, -32_603, reasonOf(thrown));
      }
    },
    end() {
      for (const controller of open.values()) controller.abort();
    },
  };
}

function toolList(descriptions: JsonValue): readonly JsonObject[] {
  if (!Array.isArray(descriptions)) return [];
  return descriptions.filter(isJsonObject).map(({ name, description, inputSchema, readOnly }) => ({
    name: name ?? '',
    description: description ?? '',
    inputSchema: { type: 'object', ...(isJsonObject(inputSchema) ? inputSchema : {}) },
    annotations: { readOnlyHint: readOnly === true },
  }));
}

function callResult(result: JsonValue): JsonObject {
  const { text, failed } = isJsonObject(result) ? result : {};
  return {
    content: [{ type: 'text', text: typeof text === 'string' ? text : 'The tool gave nothing.' }],
    isError: failed !== false,
  };
}

function success(id: JsonValue, result: JsonObject): JsonObject {
  return { jsonrpc: '2.0', id, result };
}

function failure(id: JsonValue, code: number, message: string): JsonObject {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
