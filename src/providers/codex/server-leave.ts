import { orAborted } from '../../domain/abort.ts';
import { endAbandonedProcesses } from '../../process/abandoned-process.ts';
import type { AppServer } from './app-server.ts';
import type { ServerLease } from './server-lease.ts';

/** Milliseconds that a server that stays has to put away what it has of a run. */
const leaveDeadline = 3_000;

export interface Leaving {
  readonly lease: ServerLease;
  readonly threadId: string | undefined;
  /** The cookie of the run, which its commands and MCP servers carry. */
  readonly cookie: string;
  /** The run came to its own end, and its server is as good as before. */
  readonly well: boolean;
  /** Takes over the wait for the server's end; absent: it is waited for here. */
  readonly ending: ((end: Promise<void>) => void) | undefined;
  /** Stops the run's turn, if it is not over. */
  readonly stopTurn: () => Promise<void>;
}

/** Lets the server of a run go; in one that stays, all that is still going on for the run is ended first. */
export async function leaveServer(leaving: Leaving): Promise<void> {
  const { lease, threadId, cookie, well, ending } = leaving;
  const { server, use } = lease;
  const stays = use === 'shared' || (use === 'session' && well);
  const isClean = stays && (await leaveThread(leaving));
  if (threadId !== undefined) server.detach(threadId);
  // The commands and MCP servers of the run carry its cookie, and such a server has one of its own.
  const endRest = async (): Promise<void> => {
    if (use === 'run') return;
    await endAbandonedProcesses({ cookie, foreignSession: server.group.identity.pid, grace: 0 });
  };
  if (ending !== undefined && use === 'run' && well && server.group.isAlone()) {
    ending(lease.release(false));
    return;
  }
  if (!stays) {
    // First the server, so that nothing is started any more.
    try {
      await lease.release(false);
    } finally {
      await endRest();
    }
    return;
  }
  let isAlone = false;
  try {
    await endRest();
    isAlone = true;
  } finally {
    await lease.release(isClean && isAlone);
  }
}

/** True: nothing of the run is left in the server, as far as that knows. */
async function leaveThread({ lease, threadId, stopTurn }: Leaving): Promise<boolean> {
  const { server } = lease;
  if (threadId === undefined || server.lost !== undefined) return false;
  const leave = async (): Promise<true> => {
    await stopTurn();
    await server.rpc.request('thread/backgroundTerminals/clean', { threadId });
    await putAway(server, threadId);
    return true;
  };
  return await orAborted(leave(), AbortSignal.timeout(leaveDeadline)).catch(() => false);
}

/** Has a conversation closed; only then can another run, or another server, take it up with settings of its own. */
export async function putAway(server: AppServer, threadId: string): Promise<void> {
  const closed = server.closed(threadId);
  await server.rpc.request('thread/unsubscribe', { threadId });
  await closed;
  server.detach(threadId);
}
