import { AsmError } from '../domain/error.ts';

/** A bounded queue between an agent that pushes and a provider that is pulled. One reader. */
export interface EventChannel<Item extends NonNullable<unknown>> extends AsyncIterable<Item> {
  /**
   * Adds an item. Resolves at once while fewer than `capacity` items wait, else when there is room
   * again; awaiting it is what slows the pusher down. After the end it drops the item and counts it.
   */
  push(item: Item): Promise<void>;
  /** No more items; the reader gets what waits, then the end. */
  end(): void;
  /** No more items; the reader gets what waits, then the error. */
  fail(error: Error): void;
  /** Items that were pushed after the end. */
  readonly dropped: number;
}

/** Makes a channel. `capacity` is the number of waiting items from which on pushers wait; default 256. */
export function createEventChannel<Item extends NonNullable<unknown>>(capacity = 256): EventChannel<Item> {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new AsmError('invalid_input', `A channel's capacity is a whole number from 1, not ${capacity}.`);
  }
  let waiting: Item[] = [];
  let taken = 0;
  let ended: { readonly error?: Error } | undefined;
  let dropped = 0;
  let wakeReader: (() => void) | undefined;
  let wakePushers: (() => void)[] = [];

  const wake = (): void => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const finish = (how: { readonly error?: Error }): void => {
    if (ended !== undefined) return;
    ended = how;
    wake();
    releasePushers();
  };
  const releasePushers = (): void => {
    const pushers = wakePushers;
    wakePushers = [];
    for (const release of pushers) release();
  };

  async function* read(): AsyncGenerator<Item, void, void> {
    try {
      for (;;) {
        while (taken < waiting.length) {
          const item = waiting[taken++];
          if (taken === waiting.length) {
            waiting = [];
            taken = 0;
          }
          if (waiting.length - taken < capacity) releasePushers();
          if (item !== undefined) yield item;
        }
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
      }
    } finally {
      finish({});
      dropped += waiting.length - taken;
      waiting = [];
      taken = 0;
    }
  }

  const reader = read();
  return {
    push(item) {
      if (ended !== undefined) {
        dropped++;
        return Promise.resolve();
      }
      waiting.push(item);
      wake();
      if (waiting.length - taken < capacity) return Promise.resolve();
      return new Promise((resolve) => wakePushers.push(resolve));
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    get dropped() {
      return dropped;
    },
    [Symbol.asyncIterator]: () => reader,
  };
}
