/** Time as the library sees it. Handed in, so that tests decide how time passes. */
export interface Clock {
  /** Wall time in milliseconds since 1970: for time stamps and deadlines that are stored. */
  now(): number;
  /** Milliseconds on a clock that never goes back: for measuring durations. */
  monotonic(): number;
  /**
   * Calls `callback` once after `milliseconds` on the monotonic clock. The returned function takes
   * the timer back. A pending timer does not keep the process alive.
   */
  startTimer(milliseconds: number, callback: () => void): () => void;
}

/** The longest delay that Node's timers take; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  startTimer(milliseconds, callback) {
    const end = performance.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = end - performance.now();
      timer = left > longestTimer ? setTimeout(arm, longestTimer) : setTimeout(callback, Math.max(0, left));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
