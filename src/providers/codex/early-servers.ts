import type { RunId } from '../../domain/id.ts';
import type { AgentStart } from '../../ports/provider.ts';
import type { ServerLease } from './server-lease.ts';

/** Servers that start while the starts of their runs are being stored. */
export interface EarlyServers {
  /** Starts one; disposing ends it, unless it was taken. */
  start(start: AgentStart): AsyncDisposable;
  /** The server of a run, from here on its own, if one was started; it is ended when the signal aborts before it runs. */
  take(runId: RunId, signal: AbortSignal): Promise<ServerLease | undefined>;
}

interface EarlyServer {
  readonly starting: Promise<ServerLease>;
  readonly stop: AbortController;
}

export function createEarlyServers(
  lease: (start: AgentStart, signal: AbortSignal) => Promise<ServerLease>,
): EarlyServers {
  const servers = new Map<RunId, EarlyServer>();
  const remove = (runId: RunId): EarlyServer | undefined => {
    const found = servers.get(runId);
    servers.delete(runId);
    return found;
  };
  return {
    start(start) {
      const stop = new AbortController();
      const starting = lease(start, stop.signal);
      // Why it could not start is told to the run that takes it.
      starting.catch(() => undefined);
      servers.set(start.runId, { starting, stop });
      return {
        async [Symbol.asyncDispose]() {
          const left = remove(start.runId);
          left?.stop.abort();
          const started = await left?.starting.catch(() => undefined);
          await started?.release(false);
        },
      };
    },
    async take(runId, signal) {
      const taken = remove(runId);
      const stop = (): void => taken?.stop.abort(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        return await taken?.starting;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
