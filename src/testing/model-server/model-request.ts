import type { JsonValue } from '../../domain/json.ts';
import type { ModelTurn } from './model-turn.ts';

/** How the exchange went: still open, answered to its end, cut by the script, or left by the client. */
export const exchangeStates = ['open', 'answered', 'cut', 'client_gone', 'closed'] as const;
export type ExchangeState = (typeof exchangeStates)[number];

/** One request that the server got. Its `state` and `turn` change while it is answered. */
export interface ModelRequest {
  /** Counts the server's requests, from 1. */
  readonly number: number;
  /** Wall time in milliseconds since 1970. */
  readonly time: number;
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  /** Parsed JSON; the text itself where it is none; `undefined` for an empty body. */
  readonly body: JsonValue | undefined;
  /** Length of the body as sent. */
  readonly bodyBytes: number;
  /** Name of the wire format; absent when it is no model call (HEAD, token counts, unknown paths). */
  readonly wire?: string;
  /** True for a model call that takes no turn of the script: a title, a summary, a check of the quota. */
  readonly auxiliary: boolean;
  /** The agent's id of the conversation, where the wire format tells it. */
  readonly conversation?: string;
  /** What it was answered with, once that is decided. */
  readonly turn?: ModelTurn;
  readonly state: ExchangeState;
  /** Why the script gave no turn, when it threw. */
  readonly scriptError?: string;
}

/** True for requests that took a turn of the script, or waited for one. */
export function isMainRequest(request: ModelRequest): boolean {
  return request.wire !== undefined && !request.auxiliary;
}
