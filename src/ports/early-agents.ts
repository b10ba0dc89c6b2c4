import type { RunId } from '../domain/id.ts';
import type { AgentStart } from './provider.ts';

/** Agents that start while the starts of their runs are being stored, for `Provider.startEarly`. */
export interface EarlyAgents<Agent> {
  /** Starts one; disposing ends it, unless it was taken. */
  start(start: AgentStart): AsyncDisposable;
  /** The agent of a run, from here on its own, if one was started; it is ended when the signal aborts before it runs. */
  take(runId: RunId, signal: AbortSignal): Promise<Agent | undefined>;
}

interface EarlyAgent<Agent> {
  readonly starting: Promise<Agent>;
  readonly stop: AbortController;
}

/** `begin` starts an agent, and rejects once its signal aborts; `end` ends one that nobody took. */
export function createEarlyAgents<Agent>(
  begin: (start: AgentStart, signal: AbortSignal) => Promise<Agent>,
  end: (agent: Agent) => Promise<void>,
): EarlyAgents<Agent> {
  const agents = new Map<RunId, EarlyAgent<Agent>>();
  const remove = (runId: RunId): EarlyAgent<Agent> | undefined => {
    const found = agents.get(runId);
    agents.delete(runId);
    return found;
  };
  return {
    start(start) {
      const stop = new AbortController();
      const starting = begin(start, stop.signal);
      // Why it could not start is told to the run that takes it.
      starting.catch(() => undefined);
      agents.set(start.runId, { starting, stop });
      return {
        async [Symbol.asyncDispose]() {
          const left = remove(start.runId);
          left?.stop.abort();
          const started = await left?.starting.catch(() => undefined);
          if (started !== undefined) await end(started);
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
