import type { AsmError } from '../../domain/error.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { ServerMessage } from './json-rpc.ts';

/** Bytes that may wait for one run before the server is read no further. */
const maximumWaiting = 16 * 1024 * 1024;

/** What a run gets of its server: a message, or something that is none. */
export type InboxItem = ServerMessage | { readonly raw: JsonValue };

/** What the server says to one run, until the run takes it. One reader. */
export interface MessageInbox {
  push(item: InboxItem, bytes: number): void;
  /** Resolves when the reader has taken enough of what waits, or left; `undefined` while little waits. */
  room(): Promise<void> | undefined;
  /** The next item. Rejects with what `fail` was called with, after what came before. */
  take(): Promise<InboxItem>;
  fail(error: AsmError): void;
  /** Nobody reads any more: what waits and what comes is dropped. */
  close(): void;
}

/** Makes an empty inbox. */
export function createMessageInbox(): MessageInbox {
  let items: { readonly item: InboxItem; readonly bytes: number }[] = [];
  let taken = 0;
  let waiting = 0;
  let closed = false;
  let failure: AsmError | undefined;
  let wakeReader: (() => void) | undefined;
  let wakeWriters: (() => void)[] = [];

  const wake = (): void => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const release = (): void => {
    const writers = wakeWriters;
    wakeWriters = [];
    for (const writer of writers) writer();
  };
  return {
    push(item, bytes) {
      if (closed) return;
      items.push({ item, bytes });
      waiting += bytes;
      wake();
    },
    room() {
      if (closed || waiting < maximumWaiting) return undefined;
      return new Promise((resolve) => wakeWriters.push(resolve));
    },
    async take() {
      for (;;) {
        const next = items[taken];
        if (next !== undefined) {
          taken++;
          waiting -= next.bytes;
          if (taken === items.length) {
            items = [];
            taken = 0;
          }
          if (waiting < maximumWaiting) release();
          return next.item;
        }
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    },
    fail(error) {
      failure ??= error;
      wake();
    },
    close() {
      closed = true;
      items = [];
      taken = 0;
      waiting = 0;
      release();
    },
  };
}
