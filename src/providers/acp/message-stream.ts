import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk';
import { createLineSplitter } from '../../bridge/line-splitter.ts';
import { AsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonValue } from '../../domain/json.ts';

/** Bytes that one message of an agent may have; a longer one breaks the protocol. */
const maximumLine = 64 * 1024 * 1024;

/** Characters of a foreign line that are reported. */
const reportedLength = 4_096;

export interface MessageStreamOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Resolves when more may be read: how a slow reader slows the agent down. */
  readonly ready: () => Promise<void>;
  /**
   * Takes each notification, in its order with the other messages. The SDK would throw those away whose
   * parameters it doesn't know.
   */
  readonly onNotification: (method: string, parameters: JsonValue) => void;
  /** Told of each line that is no message of the protocol: its text, or the value it holds. */
  readonly onForeign: (raw: JsonValue) => void;
  /** Told once when nothing more can be read, with what broke the reading. */
  readonly onEnd: (broken?: unknown) => void;
}

/** The requests and answers between us and an agent, one JSON object a line, as the SDK takes them. */
export function createMessageStream(options: MessageStreamOptions): Stream {
  const asked = new Set<unknown>();
  return {
    readable: ReadableStream.from(readMessages(options, asked)),
    writable: new WritableStream<AnyMessage>({
      async write(message) {
        if ('method' in message && 'id' in message) asked.add(message.id);
        await writeLine(options.output, JSON.stringify(message));
      },
    }),
  };
}

async function* readMessages(
  options: MessageStreamOptions,
  asked: Set<unknown>,
): AsyncGenerator<AnyMessage, void, void> {
  const splitter = createLineSplitter(maximumLine);
  try {
    for await (const chunk of options.input) {
      const bytes: unknown = chunk;
      if (!(bytes instanceof Uint8Array)) continue;
      for (const line of splitter.split(bytes)) {
        await options.ready();
        const message = readMessage(line, asked, options);
        if (message !== undefined) yield message;
      }
    }
    const last = readMessage(splitter.rest(), asked, options);
    if (last !== undefined) yield last;
    options.onEnd();
  } catch (thrown) {
    options.onEnd(thrown);
  }
}

/** The message for the SDK in a line; `undefined` when it is for somebody else, or none. */
function readMessage(
  line: string,
  asked: Set<unknown>,
  { onForeign, onNotification }: MessageStreamOptions,
): AnyMessage | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    onForeign(text.slice(0, reportedLength));
    return undefined;
  }
  if (isMessage(value, asked)) {
    // That a request is taken back, the SDK tells by the request's signal.
    if (!('method' in value) || 'id' in value || value.method === '$/cancel_request') return value;
    onNotification(value.method, (value.params ?? null) as JsonValue);
    return undefined;
  }
  onForeign(text.length <= reportedLength ? (value as JsonValue) : text.slice(0, reportedLength));
  return undefined;
}

/** True for a request or notification, and for the one answer to something that was asked. */
function isMessage(value: unknown, asked: Set<unknown>): value is AnyMessage {
  if (!isJsonObject(value) || value['jsonrpc'] !== '2.0') return false;
  const { id, method, result, error } = value;
  const hasId = Object.hasOwn(value, 'id');
  if (Object.hasOwn(value, 'method')) {
    return typeof method === 'string' && (!hasId || typeof id === 'string' || typeof id === 'number');
  }
  if ((result === undefined) === (error === undefined)) return false;
  if (error !== undefined && !isErrorObject(error)) return false;
  return asked.delete(id);
}

function isErrorObject(error: JsonValue): boolean {
  return isJsonObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string';
}

async function writeLine(output: Writable, line: string): Promise<void> {
  if (output.destroyed || output.writableEnded)
    throw new AsmError('agent_protocol_error', 'The agent has closed its input.');
  if (output.write(`${line}\n`)) return;
  const stop = new AbortController();
  try {
    await Promise.race([
      once(output, 'drain', { signal: stop.signal }),
      once(output, 'close', { signal: stop.signal }),
    ]);
  } finally {
    stop.abort();
  }
}
