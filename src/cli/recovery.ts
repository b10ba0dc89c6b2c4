import type { SessionManager } from '../manager/session-manager.ts';
import { paintFor } from './paint.ts';
import type { SharedOptions } from './shared-options.ts';

/** Milliseconds between two looks at runs whose process may have died. */
const interval = 5_000;

/**
 * Ends runs whose process is gone, so that what is shown is true, and says so to a person. A store that
 * can't be written now is no reason not to read it.
 */
export async function recoverRuns(manager: SessionManager, options: SharedOptions): Promise<void> {
  const runs = await manager.recover({ resume: false }).catch(() => []);
  if (options.json === true) return;
  const paint = paintFor(process.stderr);
  for (const run of runs) {
    const code = run.error === undefined ? '' : ` [${run.error.code}]`;
    process.stderr.write(
      paint.dim(
        `${run.id} ended as ${run.status}: its process is gone${code}. Go on: asm run --session ${run.sessionId} "…"`,
      ) + '\n',
    );
  }
}

/** Does so again and again, for a command that waits for runs of other processes. */
export function keepRecovering(manager: SessionManager, options: SharedOptions): Disposable {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await recoverRuns(manager, options);
    busy = false;
  };
  const timer = setInterval(() => void look(), interval);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
