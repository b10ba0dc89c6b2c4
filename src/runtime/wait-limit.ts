import type { Clock } from '../domain/clock.ts';
import { orAborted } from '../domain/abort.ts';
import { AsmError } from '../domain/error.ts';
import { KeptAlive } from '../process/kept-alive.ts';
import type { WaitLimit } from './session-server.ts';

/**
 * Waits for work no longer than the limit says: `timed_out` after its time, `cancelled` when its signal
 * aborts. The work is told to stop by the signal that it gets. The wait keeps the process alive.
 */
export async function withinLimit<Value>(
  limit: WaitLimit,
  clock: Clock,
  what: string,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  checkTimeout(limit);
  const { signal, timeout } = limit;
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const stopTimer =
    timeout === undefined || timeout === Number.POSITIVE_INFINITY
      ? undefined
      : clock.startTimer(timeout, () => over.abort());
  try {
    return await new KeptAlive().during(orAborted(work(either), either));
  } catch (thrown) {
    if (over.signal.aborted && signal?.aborted !== true) {
      throw new AsmError('timed_out', `${what} did not end within ${timeout} ms.`, { cause: thrown });
    }
    throw thrown;
  } finally {
    stopTimer?.();
  }
}

/** Throws `invalid_input` unless the timeout is a time. */
export function checkTimeout({ timeout }: WaitLimit): void {
  if (timeout === undefined || timeout >= 0) return;
  throw new AsmError(
    'invalid_input',
    `A timeout is a number of milliseconds from 0, not ${String(timeout)}.`,
  );
}
