import { AsmError } from '../domain/error.ts';

/** Something with processes that can be signalled until none is left. */
export interface Endable {
  /** Sends the signal to every living process; returns the ids of those. Empty: nothing is left. */
  signal(name: NodeJS.Signals): readonly number[];
  /** The ids of the living processes. */
  living(): readonly number[];
}

/** How long SIGKILL is given; only processes stuck inside the system outlive it. Milliseconds. */
const killDeadline = 5_000;

/**
 * Ends processes: SIGTERM, after `grace` milliseconds SIGKILL, again and again until none lives, also
 * none that was started meanwhile. Throws `timed_out` when some outlive SIGKILL for 5 seconds.
 */
export async function endProcesses(processes: Endable, grace: () => number): Promise<void> {
  const start = performance.now();
  if (grace() > 0) {
    if (processes.signal('SIGTERM').length === 0) return;
    for (let pause = 1; performance.now() - start < grace(); pause = Math.min(pause * 2, 50)) {
      await sleep(Math.min(pause, Math.max(0, grace() - (performance.now() - start))));
      if (processes.living().length === 0) return;
    }
  }
  const killed = performance.now();
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const left = processes.signal('SIGKILL');
    if (left.length === 0) return;
    if (performance.now() - killed > killDeadline) {
      throw new AsmError(
        'timed_out',
        `Processes ${left.join(', ')} still live ${killDeadline} ms after SIGKILL.`,
        {
          details: { pids: [...left] },
        },
      );
    }
    await sleep(pause);
  }
}

/** Sends a signal to a process, or with a negative id to a group; false when there is none to get it. */
export function sendSignal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
