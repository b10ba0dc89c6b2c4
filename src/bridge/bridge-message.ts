import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts';

/** The variable in which a helper program gets the token that it has to show. */
export const tokenVariable = 'ASM_BRIDGE_TOKEN';

/** Bytes that one line may have. */
export const maximumLine = 16 * 1024 * 1024;

/** Milliseconds that one request may stay open: longer than any approval. */
export const requestDeadline = 25 * 60 * 60 * 1_000;

/**
 * What a helper program asks. A connection carries one request: the token as `{ token }` on its first
 * line, the request on its second; the answer is one line. Closing it takes the request back.
 */
export type BridgeRequest =
  /** May this tool call go on? The payload is the agent's own form of it; on its way `input` in it is text. */
  | { readonly type: 'authorize'; readonly payload: JsonObject }
  /** Which client tools are there? */
  | { readonly type: 'tools' }
  /** Call a client tool. */
  | { readonly type: 'call'; readonly name: string; readonly input: JsonObject };

/** The answer to a request: what was asked for, or why there is none. */
export type BridgeAnswer = { readonly result: JsonValue } | { readonly error: string };

/** Reads a line that must be a JSON object; `undefined` for anything else. */
export function readObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a request; `undefined` when it is none. */
export function readRequest(line: string): BridgeRequest | undefined {
  const { type, payload, name, input } = readObject(line) ?? {};
  if (type === 'tools') return { type };
  if (type === 'authorize' && isJsonObject(payload)) {
    const { input: text } = payload;
    const input = typeof text === 'string' ? readObject(text) : undefined;
    return input === undefined ? undefined : { type, payload: { ...payload, input } };
  }
  if (type === 'call' && typeof name === 'string' && isJsonObject(input)) return { type, name, input };
  return undefined;
}
