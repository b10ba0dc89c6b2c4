import { connect } from 'node:net';
import { orAborted } from '../domain/abort.ts';
import { AsmError } from '../domain/error.ts';
import type { JsonValue } from '../domain/json.ts';
import {
  maximumLine,
  readObject,
  requestDeadline,
  tokenVariable,
  type BridgeRequest,
} from './bridge-message.ts';
import { createLineSplitter } from './line-splitter.ts';

/** Where a helper program asks. */
export interface BridgeAddress {
  readonly socket: string;
  readonly token: string;
}

/** The address of a helper program: the socket is its only argument, the token is in its environment. */
export function addressFromProcess(
  programArguments: readonly string[] = process.argv.slice(2),
  environment: Readonly<Record<string, string | undefined>> = process.env,
): BridgeAddress {
  return { socket: programArguments[0] ?? '', token: environment[tokenVariable] ?? '' };
}

/**
 * Asks, and waits for the answer. Rejects when there is none: the socket is gone, the token is wrong, the
 * question was refused, or nothing came in 25 hours. An abort takes the question back.
 */
export async function askBridge(
  address: BridgeAddress,
  request: BridgeRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<JsonValue> {
  const socket = connect(address.socket);
  const { promise, resolve, reject } = Promise.withResolvers<JsonValue>();
  const fail = (why: string): void => reject(new AsmError('invalid_operation', why));
  const timer = setTimeout(() => fail('There was no answer in time.'), requestDeadline);
  const splitter = createLineSplitter(maximumLine);
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const line of splitter.split(chunk)) {
        const answer = readObject(line);
        if (answer?.['result'] !== undefined) resolve(answer['result']);
        else fail(typeof answer?.['error'] === 'string' ? answer['error'] : 'The answer makes no sense.');
      }
    } catch (thrown) {
      reject(thrown);
    }
  });
  socket.on('error', (thrown) => fail(`The session manager can't be reached: ${thrown.message}`));
  socket.once('close', () => fail('The session manager went away before it answered.'));
  socket.write(`${JSON.stringify({ token: address.token })}\n${JSON.stringify(request)}\n`);
  try {
    return await orAborted(promise, options.signal);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
