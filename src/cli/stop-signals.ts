import type { RunHandle } from '../manager/run-handle.ts';
import { exitCodes } from './exit-code.ts';

/**
 * Ctrl-C once interrupts the turn (or cancels, where the agent can't be interrupted), twice cancels,
 * three times leaves at once; the run is then recovered later. SIGTERM cancels.
 */
export function stopOnSignals(run: RunHandle): Disposable {
  let times = 0;
  const say = (text: string): void => void process.stderr.write(`\n${text}\n`);
  const cancel = (): void => void run.cancel('Stopped at the command line.').catch(() => undefined);
  const onInterrupt = (): void => {
    times++;
    if (times === 1) {
      say('Interrupting; Ctrl-C again cancels.');
      run.interrupt().catch(cancel);
    } else if (times === 2) {
      say('Cancelling; Ctrl-C again leaves at once.');
      cancel();
    } else {
      process.exit(exitCodes.cancelled);
    }
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', cancel);
  return {
    [Symbol.dispose]: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', cancel);
    },
  };
}
