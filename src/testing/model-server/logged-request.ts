import type { JsonValue } from '../../domain/json.ts';
import type { ModelExchange } from './model-exchange.ts';
import type { ExchangeState, ModelRequest } from './model-request.ts';
import type { ModelTurn } from './model-turn.ts';
import type { ReadRequest } from './request-reader.ts';
import type { WireFormat, WireRoute } from './wire-format.ts';

/** The server's own side of a `ModelRequest`: filled in while the request is answered. */
export class LoggedRequest implements ModelRequest {
  readonly number: number;
  readonly time: number;
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonValue | undefined;
  readonly bodyBytes: number;
  readonly wire?: string;
  readonly conversation?: string;
  auxiliary = false;
  turn?: ModelTurn;
  scriptError?: string;
  readonly #exchange: ModelExchange;

  constructor(
    identity: { readonly number: number; readonly time: number },
    read: ReadRequest,
    exchange: ModelExchange,
    model?: { readonly wire: WireFormat; readonly route: WireRoute & { readonly kind: 'model' } },
  ) {
    this.number = identity.number;
    this.time = identity.time;
    this.method = read.method;
    this.path = read.path;
    this.headers = read.headers;
    this.body = read.body;
    this.bodyBytes = read.bodyBytes;
    this.#exchange = exchange;
    if (model === undefined) return;
    this.wire = model.wire.name;
    this.auxiliary = model.route.auxiliary;
    if (model.route.conversation !== undefined) this.conversation = model.route.conversation;
  }

  get state(): ExchangeState {
    return this.#exchange.state;
  }
}
