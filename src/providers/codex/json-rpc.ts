import type { AsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { fieldOf, numberField, textField } from '../../domain/json-field.ts';
import type { ClientMethod } from './protocol.ts';

/** What the server says or asks of its own accord. */
export interface ServerMessage {
  readonly method: string;
  readonly params: JsonObject;
  /** Present for a request, which has to be answered under it. */
  readonly id?: string | number;
}

/** An error that the server answered with. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Requests to the server that wait for their answers. */
export interface JsonRpc {
  /**
   * Asks, and resolves with the answer. Rejects with `RpcError` when that is an error, and with what
   * `fail` was called with. `onAnswer` is called before anything that the server said later is taken in.
   */
  request(
    method: ClientMethod,
    params: JsonObject,
    onAnswer?: (result: JsonValue) => void,
  ): Promise<JsonValue>;
  notify(method: string): void;
  answer(id: string | number, result: JsonObject): void;
  refuse(id: string | number, message: string): void;
  /** Takes a line of the server in; gives what isn't an answer: a message, or raw what it can't be. */
  receive(line: string): ServerMessage | { readonly raw: JsonValue } | undefined;
  /** Rejects all that waits and all that comes later. */
  fail(error: AsmError): void;
}

interface Waiting {
  resolve(result: JsonValue): void;
  reject(error: Error): void;
  onAnswer?: ((result: JsonValue) => void) | undefined;
}

/** Makes the client's half of the protocol over a function that sends a line. */
export function createJsonRpc(send: (line: string) => void): JsonRpc {
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let failure: AsmError | undefined;
  const say = (message: JsonObject): void => send(JSON.stringify(message, wellFormed));

  return {
    request(method, params, onAnswer) {
      if (failure !== undefined) return Promise.reject(failure);
      const id = ++count;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, onAnswer });
        say({ id, method, params });
      });
    },
    notify: (method) => say({ method }),
    answer: (id, result) => say({ id, result }),
    refuse: (id, message) => say({ id, error: { code: -32601, message } }),
    receive(line) {
      const message = parse(line);
      if (message === undefined) return line.trim() === '' ? undefined : { raw: line };
      const id = fieldOf(message, 'id');
      const method = textField(message, 'method');
      if (method !== undefined) {
        const params = fieldOf(message, 'params') ?? {};
        if (!isJsonObject(params)) return { raw: message };
        return { method, params, ...(typeof id === 'string' || typeof id === 'number' ? { id } : {}) };
      }
      const asked = typeof id === 'number' ? waiting.get(id) : undefined;
      if (asked === undefined || typeof id !== 'number') return { raw: message };
      waiting.delete(id);
      const error = fieldOf(message, 'error');
      if (error !== undefined && error !== null) {
        asked.reject(
          new RpcError(
            numberField(error, 'code') ?? 0,
            textField(error, 'message') ?? 'No reason was given.',
          ),
        );
        return undefined;
      }
      const result = fieldOf(message, 'result') ?? null;
      asked.onAnswer?.(result);
      asked.resolve(result);
      return undefined;
    },
    fail(error) {
      failure ??= error;
      for (const asked of waiting.values()) asked.reject(failure);
      waiting.clear();
    },
  };
}

/** The program refuses a line with half of a character in it, and answers nothing. */
function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
