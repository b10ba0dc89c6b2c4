import { AsmError } from '../domain/error.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import { exitCodes } from './exit-code.ts';

const reason = 'Stopped at the command line.';

/** What the signals that this process gets do to a run. */
export interface StopSignals extends Disposable {
  /** Aborted when the process is told to stop before there is a run. */
  readonly signal: AbortSignal;
  /** From now on signals are for this run. */
  attend(run: RunHandle): void;
}

/**
 * Ctrl-C once interrupts the turn (or cancels, where the agent can't be interrupted), twice cancels,
 * three times leaves at once; the run is then recovered later. SIGTERM and SIGHUP cancel. `say` tells a
 * person what happens.
 */
export function stopOnSignals(say: (text: string) => void): StopSignals {
  const controller = new AbortController();
  let run: RunHandle | undefined;
  let times = 0;
  const cancel = (): void => {
    if (run === undefined) controller.abort(new AsmError('cancelled', reason));
    else run.cancel(reason).catch(() => undefined);
  };
  const onInterrupt = (): void => {
    times++;
    if (times > 2) process.exit(exitCodes.cancelled);
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
  process.on('SIGTERM', cancel);
  process.on('SIGHUP', cancel);
  return {
    signal: controller.signal,
    attend: (started) => {
      run = started;
    },
    [Symbol.dispose]: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', cancel);
      process.off('SIGHUP', cancel);
    },
  };
}
