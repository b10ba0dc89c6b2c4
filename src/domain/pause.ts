import type { Clock } from './clock.ts';

/** Waits on the clock. Resolves true when the time is over, false as soon as the signal aborts; never rejects. */
export function pause(milliseconds: number, signal: AbortSignal, clock: Clock): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (milliseconds <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      stopTimer();
      resolve(false);
    };
    const stopTimer = clock.startTimer(milliseconds, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
