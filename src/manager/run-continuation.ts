import { asAsmError, hasErrorCode } from '../domain/error.ts';
import { pause } from '../domain/pause.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { waitForAnswer } from './parked-run.ts';
import type { PreparedRun } from './prepared-run.ts';
import { endAbandonedRun, endIfStopped } from './recovery.ts';
import { prepareResume } from './run-resume.ts';
import { findRun, waitForEnd } from './run-wait.ts';

/** Milliseconds before a run is looked at again that nothing can go on with. */
const vainDelay = 1_000;

/** A run that has begun here, and how it goes on here. */
export interface ContinuedRun {
  readonly prepared: PreparedRun;
  /** Its row when its executor lets go of it: ended, or parked. */
  readonly finished: Promise<Run>;
  /** Aborts when nothing is to be executed here any more. */
  readonly signal: AbortSignal;
  /** Executes it until it is ended, or parked again. */
  readonly goOn: (resumed: PreparedRun) => Promise<Run>;
}

/** The last row of a run: where its agent is parked, the run goes on here when its question is answered. */
export async function untilRunEnded(
  environment: ManagerEnvironment,
  { prepared, finished, signal, goOn }: ContinuedRun,
): Promise<Run> {
  let row = await finished;
  let known = prepared;
  let inVain = 0;
  while (!isTerminalRun(row.status)) {
    const wait = await waitForAnswer(environment, row, signal);
    if (wait.as === 'cancel')
      await endAbandonedRun(environment, row.id, { as: 'cancelled', reason: wait.reason });
    row = await findRun(environment, row.id);
    if (isTerminalRun(row.status)) break;
    // Another process goes on with it.
    if (row.parked === undefined) return await waitForEnd(environment, row, { signal });
    try {
      if (await endIfStopped(environment, row)) continue;
      const resumed = await prepareResume(environment, row, known, {});
      if (resumed === undefined) {
        // Somebody else may have taken it up just now. What can't be must not keep the store busy.
        if (++inVain > 1) await pause(vainDelay, signal, environment.clock);
        continue;
      }
      inVain = 0;
      known = resumed;
      row = await goOn(resumed);
    } catch (thrown) {
      if (isTaken(thrown)) return await waitForEnd(environment, row, { signal });
      const error = asAsmError(thrown);
      if (error.category === 'storage') throw error;
      await endAbandonedRun(environment, row.id, { as: 'failed', error });
    }
  }
  return row;
}

/** Somebody else has the run, or just changed it. */
export function isTaken(thrown: unknown): boolean {
  return hasErrorCode(thrown, 'run_already_executing') || hasErrorCode(thrown, 'conflict');
}
