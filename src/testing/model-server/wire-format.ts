import type { JsonValue } from '../../domain/json.ts';
import type { EventStreamWriter } from './event-stream-writer.ts';
import type { ModelFailure, ModelTurn } from './model-turn.ts';

/** A request as a wire format sees it. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonValue | undefined;
}

/** What a wire format does with a request. */
export type WireRoute =
  /** A model call, to be answered with a turn. */
  | {
      readonly kind: 'model';
      readonly auxiliary: boolean;
      readonly streamed: boolean;
      readonly conversation?: string;
    }
  /** Anything else that it answers by itself. */
  | { readonly kind: 'fixed'; readonly status: number; readonly body: JsonValue };

/** One protocol of model services. Knows nothing of scripts, sockets and logs. */
export interface WireFormat {
  readonly name: string;
  /** `undefined`: not a request of this format. */
  route(request: WireRequest): WireRoute | undefined;
  /** The whole answer of a call that isn't streamed. */
  whole(turn: ModelTurn, request: WireRequest): JsonValue;
  /** Writes the answer as events. Stops when the writer says that nobody listens any more. */
  stream(turn: ModelTurn, request: WireRequest, writer: EventStreamWriter): Promise<void>;
  /** The body of an HTTP error. */
  failure(failure: ModelFailure): JsonValue;
}
