import type { RunId } from '../domain/id.ts';

/** Listens to the signals of runs that wait in a queue. Once they run, their executor does. */
export class RunSignals {
  readonly #stops = new Map<RunId, () => void>();

  listen(runId: RunId, signal: AbortSignal, onAbort: () => void): void {
    this.forget(runId);
    const listener = (): void => {
      this.#stops.delete(runId);
      onAbort();
    };
    if (signal.aborted) {
      listener();
      return;
    }
    signal.addEventListener('abort', listener, { once: true });
    this.#stops.set(runId, () => signal.removeEventListener('abort', listener));
  }

  forget(runId: RunId): void {
    this.#stops.get(runId)?.();
    this.#stops.delete(runId);
  }

  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
