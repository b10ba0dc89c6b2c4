/** Milliseconds that reads may take together before the event loop turns. */
const longestStretch = 2;

/**
 * Keeps readers from holding the event loop. A read here is over at once, so a caller that reads in a
 * loop would let neither a timer nor a commit through, and one that waits for a commit so, wait for ever.
 */
export class LoopFairness {
  /** When the first read of this turn began. */
  #since: number | undefined;

  /** True when reads have taken long enough for this turn: await `nextTurn` before the next. */
  isOverdue(): boolean {
    if (this.#since !== undefined) return performance.now() - this.#since > longestStretch;
    this.#since = performance.now();
    setImmediate(() => {
      this.#since = undefined;
    });
    return false;
  }
}

/** Resolves when the event loop has turned. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
