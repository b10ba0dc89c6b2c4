import { isAsmError } from '../domain/error.ts';
import { isTerminalRun } from '../domain/run.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CallOptions } from '../ports/session-store.ts';
import type { Interruption } from './control-report.ts';

/** Interrupts a run and tells what really happened. */
export async function interruptRun(run: RunHandle, options: CallOptions = {}): Promise<Interruption> {
  const { status } = await run.read(options);
  if (isTerminalRun(status)) return { as: 'too_late', result: await run.result };
  if (status === 'pending') return { as: 'refused', reason: `Run ${run.id} has not started; withdraw it.` };
  try {
    const result = await run.interrupt(options);
    const wasInterrupted = result.status === 'completed' && result.interrupted;
    return { as: wasInterrupted ? 'interrupted' : 'too_late', result };
  } catch (thrown) {
    if (!isAsmError(thrown)) throw thrown;
    if (thrown.code === 'capability_not_supported') return { as: 'refused', reason: thrown.message };
    // It ended between our look and the request.
    if (thrown.code === 'invalid_operation') return { as: 'too_late', result: await run.result };
    throw thrown;
  }
}
