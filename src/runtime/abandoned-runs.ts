import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { noUsage } from '../domain/usage.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import { endAbandonedRun, endPendingRun } from '../manager/recovery.ts';
import type { CommonRunOptions } from '../manager/run-options.ts';
import type { AbandonedPolicy } from './session-server-options.ts';
import type { SessionView } from './session-view.ts';

export interface AbandonedRunsOptions {
  readonly parts: ManagerParts;
  readonly view: SessionView;
  readonly policy: AbandonedPolicy;
  /** What is not stored with runs, for those that another process made. */
  readonly defaults: CommonRunOptions;
  /** True for a run that this server executes. */
  readonly executes: (runId: RunId) => boolean;
}

/**
 * Ends the runs of one session whose processes are gone, as the policy says: at once, and again
 * whenever a lease may have run out.
 */
export class AbandonedRuns {
  readonly #options: AbandonedRunsOptions;
  #looking: Promise<void> = Promise.resolve();
  #stopTimer: (() => void) | undefined;
  #firstPosition = Number.POSITIVE_INFINITY;
  #closed = false;
  #sessionWasOver = false;

  constructor(options: AbandonedRunsOptions) {
    this.#options = options;
    this.#look();
  }

  /** Resolves when nothing more is ended here. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#looking;
  }

  #look(): void {
    const { clock, times } = this.#options.parts.environment;
    this.#looking = this.#endAll().then(() => {
      if (!this.#closed) this.#stopTimer = clock.startTimer(times.lease, () => this.#look());
    });
  }

  async #endAll(): Promise<void> {
    const { view, executes } = this.#options;
    // The youngest first, since each that is run again goes before all that wait.
    for (const runId of [...view.running].toReversed()) {
      if (this.#closed) return;
      // The store, or the agent that is left of it, may be in the way now; there is a next time.
      if (!executes(runId)) await this.#end(runId).catch(() => undefined);
    }
    if (!view.isOver) return;
    // Whoever ended the session ends its queued runs too, unless that process died before.
    if (this.#sessionWasOver) await this.#endLeft().catch(() => undefined);
    this.#sessionWasOver = true;
  }

  /** Does nothing while somebody holds the run's lease. */
  async #end(runId: RunId): Promise<void> {
    const { parts, defaults } = this.#options;
    const row = await parts.environment.store.run(runId);
    // What waits for a person goes on with the answer: it is no run to be given up.
    if (row?.status === 'running' && (await parts.operations.goOn(row, defaults))) return;
    await endAbandonedRun(parts.environment, runId, { as: 'failed', again: (run) => this.#again(run) });
  }

  async #endLeft(): Promise<void> {
    const { parts, view } = this.#options;
    for (const runId of view.queue.ids()) {
      const run = await parts.environment.store.run(runId);
      const reason = 'The session ended before the run began.';
      if (run !== undefined && !this.#closed)
        await endPendingRun(parts.environment, run, { as: 'cancelled', reason });
    }
  }

  /** A run that was run again once is not run a third time: what ends its process may be the run itself. */
  #again(run: Run): Run | undefined {
    const { parts, view, policy } = this.#options;
    if (policy === 'fail' || run.rerunOf !== undefined || view.isOver) return undefined;
    const { ids, clock } = parts.environment;
    const { router, model } = run.options;
    this.#firstPosition = Math.min(view.queue.free('first'), this.#firstPosition - 1);
    return {
      id: ids('run'),
      sessionId: run.sessionId,
      status: 'pending',
      version: 1,
      createdAt: clock.now(),
      logStart: run.logStart,
      provider: typeof router === 'string' ? router : run.provider,
      ...(typeof model === 'string' ? { model } : {}),
      input: run.input,
      ...(run.inputRedacted === true ? { inputRedacted: true } : {}),
      options: run.options,
      attempt: 0,
      usage: noUsage,
      queuePosition: this.#firstPosition,
      rerunOf: run.id,
    };
  }
}
