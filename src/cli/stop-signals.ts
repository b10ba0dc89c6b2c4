import { AsmError } from '../domain/error.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import { exitCodes } from './exit-code.ts';
import type { LeavableRun } from './left-run.ts';

const reason = 'Stopped at the command line.';

/** What the signals that this process gets do to a run. */
export interface StopSignals extends Disposable {
  /** Aborted when the process is told to stop before there is a run. */
  readonly signal: AbortSignal;
  /** From now on signals are for this run. */
  attend(run: RunHandle, leavable: LeavableRun): void;
}

/**
 * Ctrl-C once interrupts the turn (or cancels, where the agent can't be interrupted), twice cancels,
 * three times leaves at once; the run is then recovered later. SIGTERM leaves a run whose question can wait
 * for a person without it; else, and at the second time, it cancels, as SIGHUP does. `say` tells a person
 * what happens.
 */
export function stopOnSignals(say: (text: string) => void): StopSignals {
  const controller = new AbortController();
  let run: RunHandle | undefined;
  let leavable: LeavableRun | undefined;
  let times = 0;
  let isLeaving = false;
  const cancel = (): void => {
    if (run === undefined) controller.abort(new AsmError('cancelled', reason));
    else run.cancel(reason).catch(() => undefined);
  };
  const onTerminate = (): void => {
    if (leavable === undefined || isLeaving) return cancel();
    isLeaving = true;
    leavable.leave().then((isLeft) => (isLeft ? undefined : cancel()), cancel);
  };
  const onInterrupt = (): void => {
    times++;
    if (times > 2) {
      say('Left. The next asm ends the run, once its lease has run out, in some 15 s.');
      process.exit(exitCodes.cancelled);
    }
    if (times === 2 || run === undefined) {
      say('Cancelling; Ctrl-C again leaves at once.');
      times = 2;
      cancel();
    } else {
      say('Interrupting; Ctrl-C again cancels.');
      run.interrupt().catch(cancel);
    }
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', cancel);
  return {
    signal: controller.signal,
    attend: (started, canBeLeft) => {
      run = started;
      leavable = canBeLeft;
    },
    [Symbol.dispose]: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', cancel);
    },
  };
}
