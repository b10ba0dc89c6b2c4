import type { Clock } from '../domain/clock.ts';

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /**
   * Lets time pass, wall time and monotonic time alike, and fires the timers that fall due on the
   * way: in the order of their times, those of one time in the order of their starts, each while
   * the clock shows its time. Timers that they start fire too if they fall into the span.
   */
  advance(milliseconds: number): void;
  /** Sets the wall time, as an administrator would: timers and monotonic time don't notice. */
  setWallTime(now: number): void;
  /** Number of timers that neither fired nor were taken back. */
  readonly pendingTimers: number;
}

/** Makes a clock that stands at `start`, milliseconds since 1970; default 2026-01-01T00:00:00Z. */
export function createTestClock(start: number = Date.UTC(2026, 0, 1)): TestClock {
  let elapsed = 0;
  let wallOffset = start;
  /** In the order of their starts, which is the order of a set. */
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();

  const nextDue = (end: number): { readonly due: number; readonly callback: () => void } | undefined => {
    let next: { readonly due: number; readonly callback: () => void } | undefined;
    for (const timer of timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  };
  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    startTimer(milliseconds, callback) {
      const timer = { due: elapsed + Math.max(0, milliseconds), callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(milliseconds) {
      const end = elapsed + milliseconds;
      for (let timer = nextDue(end); timer !== undefined; timer = nextDue(end)) {
        timers.delete(timer);
        elapsed = Math.max(elapsed, timer.due);
        timer.callback();
      }
      elapsed = Math.max(elapsed, end);
    },
    setWallTime(now) {
      wallOffset = now - elapsed;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}
