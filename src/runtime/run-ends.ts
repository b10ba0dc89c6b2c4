import { orAborted } from '../domain/abort.ts';
import { AsmError } from '../domain/error.ts';
import { parseId, type RunId, type SessionId } from '../domain/id.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import type { ManagerEnvironment } from '../manager/manager-environment.ts';
import { runResult, type RunResult } from '../manager/run-result.ts';
import { findRun } from '../manager/run-wait.ts';

/** Those that wait for the ends of one session's runs; all share their server's way through the log. */
export class RunEnds {
  readonly #environment: ManagerEnvironment;
  readonly #sessionId: SessionId;
  readonly #waiting = new Map<RunId, Set<PromiseWithResolvers<void>>>();
  #closed: AsmError | undefined;

  constructor(environment: ManagerEnvironment, sessionId: SessionId) {
    this.#environment = environment;
    this.#sessionId = sessionId;
  }

  /** The log tells that the run has ended. */
  tell(runId: RunId): void {
    for (const { resolve } of this.#waiting.get(runId) ?? []) resolve();
    this.#waiting.delete(runId);
  }

  /** Nothing more will be told: whoever waits is refused. */
  close(error: AsmError): void {
    this.#closed = error;
    for (const waiting of this.#waiting.values()) for (const { reject } of waiting) reject(error);
    this.#waiting.clear();
  }

  /** How the run ended; if it was abandoned and is run again, how that one did. */
  async result(runId: RunId, signal: AbortSignal): Promise<RunResult> {
    const result = runResult(await this.#endedRow(runId, signal));
    const again = result.status === 'failed' ? result.error.details?.['rerunAs'] : undefined;
    const id = typeof again === 'string' ? parseId('run', again) : undefined;
    return id === undefined ? result : await this.result(id, signal);
  }

  /** The row of a run of the session. Throws `run_not_found`. */
  async row(runId: RunId): Promise<Run> {
    const row = await findRun(this.#environment, runId);
    if (row.sessionId !== this.#sessionId) throw notHere(runId, this.#sessionId);
    return row;
  }

  async #endedRow(runId: RunId, signal: AbortSignal): Promise<Run> {
    const end = Promise.withResolvers<void>();
    end.promise.catch(() => undefined);
    const waiting = this.#waiting.get(runId) ?? new Set();
    // Before its row is read: it may end meanwhile.
    this.#waiting.set(runId, waiting.add(end));
    try {
      const row = await this.row(runId);
      if (isTerminalRun(row.status)) return row;
      if (this.#closed !== undefined) throw this.#closed;
      await orAborted(end.promise, signal);
      return await this.row(runId);
    } finally {
      waiting.delete(end);
      if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
    }
  }
}

/** The error for a run that the session doesn't have. */
export function notHere(runId: RunId, sessionId: SessionId): AsmError {
  return new AsmError('run_not_found', `Session ${sessionId} has no run ${runId}.`, {
    details: { runId, sessionId },
  });
}
