/** The longest delay that Node's timers take. */
const longestTimer = 2 ** 31 - 1;

/**
 * Keeps the process alive while somebody waits. The clock's timers don't, nor does a store that is watched, so
 * that an idle manager lets its process end; but with nothing else to do Node would also end it in the middle of a
 * run that waits for its next attempt, and under a caller who waits for what another process writes.
 */
export class KeptAlive {
  #waits = 0;
  #timer: NodeJS.Timeout | undefined;

  /** To be released once. */
  hold(): Disposable {
    this.#waits++;
    this.#timer ??= setInterval(() => undefined, longestTimer);
    return { [Symbol.dispose]: () => this.#release() };
  }

  /** For as long as the work takes. */
  async during<Value>(work: Promise<Value>): Promise<Value> {
    using _held = this.hold();
    return await work;
  }

  #release(): void {
    this.#waits--;
    if (this.#waits > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
