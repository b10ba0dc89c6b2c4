import type { IncomingMessage } from 'node:http';
import { AsmError } from '../../domain/error.ts';
import { toJson, type JsonValue } from '../../domain/json.ts';
import type { WireRequest } from './wire-format.ts';

/** The longest body that is read. */
const maximumBody = 64 * 1024 * 1024;

/** A request with its body as it was sent. */
export interface ReadRequest extends WireRequest {
  readonly bodyBytes: number;
}

/** Reads a request to its end. Rejects when the client goes before, or sends more than 64 MiB. */
export async function readRequest(incoming: IncomingMessage): Promise<ReadRequest> {
  const pieces: Buffer[] = [];
  let bodyBytes = 0;
  const stream: AsyncIterable<Buffer> = incoming;
  for await (const bytes of stream) {
    bodyBytes += bytes.length;
    if (bodyBytes > maximumBody) {
      throw new AsmError('invalid_input', `The body of a request is longer than ${maximumBody} bytes.`);
    }
    pieces.push(bytes);
  }
  return {
    method: incoming.method ?? 'GET',
    path: new URL(incoming.url ?? '/', 'http://127.0.0.1').pathname,
    headers: flatHeaders(incoming),
    body: parseBody(Buffer.concat(pieces).toString('utf8')),
    bodyBytes,
  };
}

function flatHeaders(incoming: IncomingMessage): { readonly [name: string]: string } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function parseBody(text: string): JsonValue | undefined {
  if (text === '') return undefined;
  try {
    return toJson(JSON.parse(text));
  } catch {
    return text;
  }
}
