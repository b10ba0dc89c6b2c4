import { abortError, AsmError } from '../domain/error.ts';
import type { AgentProcess } from '../domain/run.ts';
import { endProcesses, sendSignal } from './process-ending.ts';
import { findFamily } from './process-family.ts';

export interface AbandonedProcesses {
  /** The cookie that the agent was started with; at least 16 characters. */
  readonly cookie: string;
  /** The agent's process, when it was recorded before its host died. */
  readonly identity?: AgentProcess;
  /** As in `FamilyMarks`. */
  readonly foreignSession?: number;
  /** Milliseconds between SIGTERM and SIGKILL. Default 2,000. */
  readonly grace?: number;
}

/** A cookie must not be anything that occurs by chance. */
const shortestCookie = 16;

/**
 * Ends an agent whose host died, and everything it left: the processes with its cookie or mark, their
 * descendants, groups and sessions. Nothing is found by name, and a process id alone is never enough:
 * a process that has the agent's id but another start time is left alone. Gives how many processes
 * were ended; 0 where the system has no process table (macOS), since there an id can't be told from its
 * reuse. Rejects with `cancelled` when `signal` aborts, with `timed_out` when processes outlive SIGKILL.
 */
export async function endAbandonedProcesses(
  abandoned: AbandonedProcesses,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly ended: number }> {
  const { cookie, identity, foreignSession, grace = 2_000 } = abandoned;
  const cookies = [cookie, ...(identity?.mark === undefined ? [] : [identity.mark])];
  if (cookies.some(({ length }) => length < shortestCookie)) {
    throw new AsmError('invalid_input', `A cookie has at least ${shortestCookie} characters.`);
  }
  const seen = new Set<number>();
  const living = (): readonly number[] => {
    if (options.signal?.aborted === true) throw abortError(options.signal);
    const pids = findFamily({ cookies, ...(foreignSession === undefined ? {} : { foreignSession }) })
      .filter(
        (entry) => entry.pid !== identity?.pid || entry.startTime === (identity.startTime ?? entry.startTime),
      )
      .map((entry) => entry.pid);
    for (const pid of pids) seen.add(pid);
    return pids;
  };
  const signal = (name: NodeJS.Signals): readonly number[] => {
    const pids = living();
    for (const pid of pids) sendSignal(pid, name);
    return pids;
  };
  await endProcesses({ living, signal }, () => grace);
  return { ended: seen.size };
}
