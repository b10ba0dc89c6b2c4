/** Ctrl-C as the quiet end of a follow. */
export interface Interruption extends Disposable {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The items until then; that they end by the signal is no error. */
  quietly<Item>(items: AsyncIterable<Item>): AsyncIterable<Item>;
}

export function untilInterrupted(): Interruption {
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  return {
    signal: stop.signal,
    quietly: async function* (items) {
      try {
        yield* items;
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown;
      }
    },
    [Symbol.dispose]: () => void process.off('SIGINT', onInterrupt),
  };
}
