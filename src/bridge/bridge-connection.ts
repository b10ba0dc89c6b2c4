import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { AsmError } from '../domain/error.ts';
import {
  maximumLine,
  readObject,
  readRequest,
  type BridgeAnswer,
  type BridgeRequest,
} from './bridge-message.ts';
import { createLineSplitter } from './line-splitter.ts';

/** Bytes of the line that shows the token. */
const maximumTokenLine = 1_024;

/** Milliseconds that a client has to say what it wants, and to take its answer. */
const talkDeadline = 60_000;

export interface ConnectionOptions {
  readonly token: string;
  /** Answers the request; never rejects. The signal aborts when the client goes away. */
  readonly answer: (request: BridgeRequest, signal: AbortSignal) => Promise<BridgeAnswer>;
}

/** Serves one client: its token, its one request, its answer. Ends with the socket. */
export function serveConnection(socket: Socket, options: ConnectionOptions): void {
  const gone = new AbortController();
  const splitter = createLineSplitter(maximumTokenLine);
  let state: 'token' | 'request' | 'asked' = 'token';
  let timer = setTimeout(() => socket.destroy(), talkDeadline);

  const reply = (answer: BridgeAnswer): void => {
    state = 'asked';
    clearTimeout(timer);
    if (socket.destroyed) return;
    timer = setTimeout(() => socket.destroy(), talkDeadline);
    socket.end(`${JSON.stringify(answer)}\n`);
  };
  const take = (line: string): void => {
    if (state === 'token') {
      if (!isSame(readObject(line)?.['token'], options.token)) {
        reply({ error: 'The token is wrong.' });
        return;
      }
      state = 'request';
      splitter.limit = maximumLine;
    } else if (state === 'request') {
      const request = readRequest(line);
      if (request === undefined) {
        reply({ error: 'This is no request.' });
        return;
      }
      state = 'asked';
      clearTimeout(timer);
      void options.answer(request, gone.signal).then(reply);
    }
  };

  // Its close follows.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearTimeout(timer);
    gone.abort(new AsmError('cancelled', 'The program that asked is gone.'));
  });
  socket.on('data', (chunk: Buffer) => {
    // What comes after the request is read only to notice the end.
    if (state === 'asked') return;
    try {
      for (const line of splitter.split(chunk)) take(line);
    } catch (thrown) {
      reply({ error: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  });
}

function isSame(shown: unknown, token: string): boolean {
  if (typeof shown !== 'string') return false;
  const [left, right] = [shown, token].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
