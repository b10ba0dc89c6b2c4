import type { Readable, Writable } from 'node:stream';
import { AsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { fieldOf, numberField, textField } from './native-fields.ts';

/** Bytes of one line that are kept in memory; a longer one breaks the protocol. */
const maximumLine = 64 * 1024 * 1024;

/** Characters of a line that is no message which are reported. */
const reportedLength = 4_096;

/** What the other side says of its own accord. */
export interface JsonRpcListener {
  /** A notification. Nothing more is read until it resolves, which is what slows a fast agent down. */
  onNotification(method: string, params: JsonObject): Promise<void> | void;
  /** A request; what it resolves with is the answer, what it throws is told as an error. */
  onRequest(method: string, params: JsonObject): Promise<JsonValue>;
  /** A line that is no message, cut to 4,096 characters. */
  onForeign(line: string): Promise<void> | void;
}

/** The other side refused a request. */
export class JsonRpcRefusal extends Error {
  override readonly name = 'JsonRpcRefusal';
  readonly code: number;

  constructor(method: string, error: JsonObject) {
    super(`${method}: ${(textField(error, 'message') ?? 'refused').slice(0, 2_000)}`);
    this.code = numberField(error, 'code') ?? 0;
  }
}

interface OpenRequest {
  readonly method: string;
  readonly answered: (result: JsonValue) => void;
  readonly failed: (error: Error) => void;
}

/** JSON-RPC over two streams, one message a line, without the field `jsonrpc`, as Codex speaks it. */
export class JsonRpcConnection {
  readonly #output: Writable;
  readonly #listener: JsonRpcListener;
  readonly #open = new Map<number, OpenRequest>();
  readonly #closed = Promise.withResolvers<AsmError | undefined>();
  #lastId = 0;
  #end: Error | undefined;

  constructor(input: Readable, output: Writable, listener: JsonRpcListener) {
    this.#output = output;
    this.#listener = listener;
    void this.#read(input).then(
      () => this.#finish(undefined),
      (thrown: unknown) => this.#finish(thrown),
    );
  }

  /** Resolves when nothing more can be read; with an error when the other side broke the protocol. */
  get closed(): Promise<AsmError | undefined> {
    return this.#closed.promise;
  }

  /**
   * Asks. `onResult` is called with the result before the next message is read. Rejects with
   * `JsonRpcRefusal`, or with another error when the connection ends first.
   */
  request(
    method: string,
    params: JsonObject,
    onResult: (result: JsonValue) => void = () => {},
  ): Promise<JsonValue> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#open.set(id, {
        method,
        answered: (result) => {
          onResult(result);
          resolve(result);
        },
        failed: reject,
      });
      this.#write({ id, method, params });
    });
  }

  notify(method: string): void {
    this.#write({ method });
  }

  #write(message: JsonObject): void {
    if (this.#output.writable) this.#output.write(`${JSON.stringify(message)}\n`);
  }

  async #read(input: Readable): Promise<void> {
    let rest: Buffer[] = [];
    let length = 0;
    for await (const chunk of input) {
      if (!Buffer.isBuffer(chunk)) continue;
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
        const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
        rest = [];
        length = 0;
        start = end + 1;
        await this.#take(line);
      }
      if (start === chunk.length) continue;
      rest.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > maximumLine) throw new Error('It wrote a line of more than 64 MiB.');
    }
    if (length > 0) await this.#take(Buffer.concat(rest).toString('utf8'));
  }

  async #take(line: string): Promise<void> {
    const message = parse(line);
    const method = textField(message, 'method');
    const id = fieldOf(message, 'id');
    if (message === undefined || (method === undefined && !this.#settle(message, id))) {
      if (line.trim() !== '') await this.#listener.onForeign(line.slice(0, reportedLength));
    } else if (method !== undefined) {
      const params = readParams(message);
      if (id === undefined) await this.#listener.onNotification(method, params);
      else void this.#answer(id, method, params);
    }
  }

  async #answer(id: JsonValue, method: string, params: JsonObject): Promise<void> {
    try {
      this.#write({ id, result: await this.#listener.onRequest(method, params) });
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      this.#write({ id, error: { code: -32_000, message } });
    }
  }

  /** Takes an answer. False when it answers nothing. */
  #settle(message: JsonObject, id: JsonValue | undefined): boolean {
    const open = typeof id === 'number' ? this.#open.get(id) : undefined;
    if (open === undefined || typeof id !== 'number') return false;
    this.#open.delete(id);
    const error = fieldOf(message, 'error');
    if (error === undefined || error === null) open.answered(fieldOf(message, 'result') ?? null);
    else open.failed(new JsonRpcRefusal(open.method, isJsonObject(error) ? error : {}));
    return true;
  }

  #finish(thrown: unknown): void {
    const broken =
      thrown === undefined
        ? undefined
        : new AsmError(
            'agent_protocol_error',
            `Codex broke its protocol: ${thrown instanceof Error ? thrown.message : 'unreadable output'}`,
            {
              cause: thrown,
            },
          );
    this.#end = broken ?? new Error('Codex has ended.');
    for (const open of this.#open.values()) open.failed(this.#end);
    this.#open.clear();
    this.#closed.resolve(broken);
  }
}

/** What comes with a method: an object, which it always should be; anything else is kept under `value`. */
function readParams(message: JsonObject): JsonObject {
  const params = fieldOf(message, 'params');
  if (isJsonObject(params)) return params;
  return params === undefined ? {} : { value: params };
}

function parse(line: string): JsonObject | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isJsonObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
