import { randomUUID, type UUID } from 'node:crypto';

/** A message for the agent, in the form that its program reads. */
export interface NativeInput {
  readonly type: 'user';
  readonly message: { readonly role: 'user'; readonly content: string };
  readonly parent_tool_use_id: null;
  readonly uuid: UUID;
}

/** What the agent's program is given to read; it lives while this is open. One reader. */
export interface InputQueue extends AsyncIterable<NativeInput> {
  /** Adds a message; gives the id by which the agent speaks of it. */
  push(text: string): string;
  /** No more messages; the program ends when it has nothing left to do. */
  close(): void;
  readonly closed: boolean;
}

/** Makes an open queue. */
export function createInputQueue(): InputQueue {
  const waiting: NativeInput[] = [];
  let closed = false;
  let wake: (() => void) | undefined;
  return {
    get closed() {
      return closed;
    },
    push(text) {
      const uuid = randomUUID();
      waiting.push({
        type: 'user',
        message: { role: 'user', content: text },
        parent_tool_use_id: null,
        uuid,
      });
      wake?.();
      return uuid;
    },
    close() {
      closed = true;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
