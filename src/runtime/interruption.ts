import { isAsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import { isTerminalRun } from '../domain/run.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RequestOptions } from '../manager/run-request.ts';
import type { Interruption } from './control-report.ts';

/** Milliseconds after which one looks again whether anybody is there to answer. */
const longestWait = 1_000;

/** Interrupts a run, whoever executes it, and tells what really happened. */
export async function interruptRun(
  { environment, operations }: ManagerParts,
  runId: RunId,
  options: RequestOptions = {},
): Promise<Interruption> {
  const run = await operations.find(runId);
  const { status } = await run.read(options);
  if (isTerminalRun(status)) return { as: 'too_late', result: await run.result };
  if (status === 'pending') {
    const reason = `Run ${run.id} has not started; cancel it instead.`;
    return { as: 'refused', because: 'pending', reason };
  }
  const { store, clock, times } = environment;
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  let stopTimer: (() => void) | undefined;
  const abandoned = new Promise<Interruption>((resolve, reject) => {
    const look = async (): Promise<void> => {
      const lease = await store.leases.current(runId);
      const isAlive = lease !== undefined && lease.expiresAt > clock.now();
      // Its end gives the lease back, too.
      if (!isAlive && (await run.read()).status === 'running') {
        const reason = `The process that executed run ${run.id} is gone; recover or cancel it.`;
        resolve({ as: 'refused', because: 'abandoned', reason });
      } else if (!over.signal.aborted) wait();
    };
    const wait = (): void => {
      stopTimer = clock.startTimer(Math.min(times.lease, longestWait), () => void look().catch(reject));
    };
    void look().catch(reject);
  });
  try {
    return await Promise.race([request(run, { ...options, signal }), abandoned]);
  } finally {
    over.abort();
    stopTimer?.();
    abandoned.catch(() => undefined);
  }
}

async function request(run: RunHandle, options: RequestOptions): Promise<Interruption> {
  try {
    const result = await run.interrupt(options);
    const wasInterrupted = result.status === 'completed' && result.interrupted;
    return { as: wasInterrupted ? 'interrupted' : 'too_late', result };
  } catch (thrown) {
    if (!isAsmError(thrown)) throw thrown;
    if (thrown.code === 'capability_not_supported') {
      return { as: 'refused', because: 'not_supported', reason: thrown.message };
    }
    // It ended between our look and the request.
    if (thrown.code === 'invalid_operation') return { as: 'too_late', result: await run.result };
    throw thrown;
  }
}
