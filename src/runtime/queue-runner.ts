import { asAsmError, type AsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import { pause } from '../domain/pause.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import { endPendingRun } from '../manager/recovery.ts';
import type { Successor } from '../manager/run-executor.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions } from '../manager/run-options.ts';
import type { ConcurrencyLimiter, Slot } from './concurrency-limiter.ts';
import type { SessionView } from './session-view.ts';

/** Milliseconds until a start is tried again after the store failed. */
const retryDelay = 1_000;

export interface QueueRunnerOptions {
  readonly parts: ManagerParts;
  readonly view: SessionView;
  readonly concurrentRuns: number;
  readonly limiter: ConcurrencyLimiter | undefined;
  /** Milliseconds that a run waits for the limiter before it fails. */
  readonly limiterDeadline: number | undefined;
  /** What is not stored with runs, for those that another process made. */
  readonly defaults: CommonRunOptions;
}

/**
 * Starts the queued runs of one session in their order, as many at once as allowed. What is queued and
 * what runs is told by the view alone; it is looked at anew with `look` whenever that has changed.
 */
export class QueueRunner {
  readonly #options: QueueRunnerOptions;
  readonly #stop = new AbortController();
  /** What happened here and the view does not know yet: runs that are being started, and that have ended. */
  readonly #ahead = new Map<RunId, 'started' | 'ended'>();
  /** The places of the runs that this server executes, where there is a limiter. */
  readonly #slots = new Map<RunId, Slot>();
  readonly #executed = new Map<RunId, RunHandle>();
  #looking = false;
  #lookAgain = false;
  #lookingOn: Promise<void> = Promise.resolve();
  /** The wait for the limiter, and the run that it is for. */
  #waiting: { readonly runId: RunId; readonly stop: AbortController } | undefined;

  constructor(options: QueueRunnerOptions) {
    this.#options = options;
  }

  /** Starts what may start. */
  look(): void {
    const { view } = this.#options;
    for (const [runId, state] of this.#ahead) {
      const isBehind = view.queue.has(runId) || (state === 'ended' && view.running.has(runId));
      if (!isBehind) this.#ahead.delete(runId);
    }
    const { runId, stop } = this.#waiting ?? {};
    // It was withdrawn, or another one was put before it.
    if (runId !== undefined && view.queue.first(new Map()) !== runId) stop?.abort();
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#lookingOn = this.#lookOn();
  }

  /** True for a run that this server executes. */
  executes(runId: RunId): boolean {
    return this.#executed.has(runId) || this.#ahead.has(runId);
  }

  /** Starts nothing more, cancels what runs here, and resolves when that has ended. */
  async close(reason: string): Promise<void> {
    this.#stop.abort();
    await this.#lookingOn;
    // Again, since a run may have started with the end of another.
    while (this.#executed.size > 0) {
      await Promise.allSettled([...this.#executed.values()].map((run) => run.cancel(reason)));
      await Promise.resolve();
    }
  }

  async #lookOn(): Promise<void> {
    do {
      this.#lookAgain = false;
      const runId = this.#next();
      if (runId !== undefined) {
        await this.#start(runId);
        this.#lookAgain = true;
      }
    } while (this.#lookAgain && !this.#stop.signal.aborted);
    this.#looking = false;
  }

  /** The run that may start now. `ending`: one of those that run is about to end. */
  #next(ending = 0): RunId | undefined {
    const { view, concurrentRuns } = this.#options;
    if (this.#stop.signal.aborted || !view.startsRuns) return undefined;
    const busy = new Set(view.running);
    for (const [runId, state] of this.#ahead) {
      if (state === 'started') busy.add(runId);
      else busy.delete(runId);
    }
    if (busy.size - ending >= concurrentRuns) return undefined;
    return view.queue.first(this.#ahead);
  }

  async #start(runId: RunId): Promise<void> {
    const { parts, defaults } = this.#options;
    this.#ahead.set(runId, 'started');
    try {
      const row = await this.#waitingRow(runId);
      if (row === undefined) return;
      const slot = await this.#slot(row);
      if (slot !== undefined) this.#slots.set(runId, slot);
      const next = (): Promise<Successor | undefined> => this.#successor(row);
      this.#watch(await parts.operations.executeQueued(row, defaults, next));
    } catch (thrown) {
      this.#ahead.delete(runId);
      this.#releaseSlot(runId);
      await this.#cannotStart(runId, asAsmError(thrown));
    }
  }

  /** The row of a run that is still to start; the view forgets one that isn't. */
  async #waitingRow(runId: RunId): Promise<Run | undefined> {
    const row = await this.#options.parts.environment.store.run(runId);
    if (row?.status === 'pending') return row;
    this.#options.view.queue.remove(runId);
    return undefined;
  }

  async #slot(row: Run): Promise<Slot | undefined> {
    const { limiter, limiterDeadline } = this.#options;
    if (limiter === undefined) return undefined;
    const stop = new AbortController();
    this.#waiting = { runId: row.id, stop };
    try {
      return await limiter.acquireRun(row.provider, {
        signal: AbortSignal.any([stop.signal, this.#stop.signal]),
        ...(limiterDeadline === undefined ? {} : { deadline: limiterDeadline }),
      });
    } finally {
      this.#waiting = undefined;
    }
  }

  #watch(handle: RunHandle): void {
    const { id, result } = handle;
    this.#executed.set(id, handle);
    const over = (): void => {
      this.#executed.delete(id);
      this.#releaseSlot(id);
    };
    result.then(over, over);
  }

  #releaseSlot(runId: RunId): void {
    this.#slots.get(runId)?.release();
    this.#slots.delete(runId);
  }

  /**
   * The run that starts in the write in which another one ends, and takes over its slot. None if somebody
   * else waits for that, or if it would need a slot of another provider.
   */
  async #successor(ending: Run): Promise<Successor | undefined> {
    const { parts, defaults, limiter } = this.#options;
    const runId = this.#next(1);
    if (runId === undefined || limiter?.isWantedRun(ending.provider) === true) return undefined;
    this.#ahead.set(runId, 'started');
    const settled = (handle: RunHandle | undefined): void => {
      if (handle === undefined) {
        this.#ahead.delete(runId);
        return;
      }
      this.#ahead.set(ending.id, 'ended');
      const slot = this.#slots.get(ending.id);
      this.#slots.delete(ending.id);
      if (slot !== undefined) this.#slots.set(runId, slot);
      this.#watch(handle);
    };
    try {
      const next = (row: Run): Promise<Successor | undefined> => this.#successor(row);
      const successor = await parts.operations.succeed(runId, defaults, next, settled);
      const needsOther = limiter !== undefined && successor?.provider !== ending.provider;
      if (successor !== undefined && !needsOther) return successor;
      successor?.left();
    } catch {
      // What keeps it from starting is found, and told, when it is started by itself.
    }
    this.#ahead.delete(runId);
    return undefined;
  }

  async #cannotStart(runId: RunId, error: AsmError): Promise<void> {
    const { parts, view } = this.#options;
    if (this.#stop.signal.aborted || !view.startsRuns) return;
    if (error.code === 'cancelled') return;
    if (error.category === 'storage') {
      await pause(retryDelay, this.#stop.signal, parts.environment.clock);
      return;
    }
    if (error.code === 'run_already_executing' || error.code === 'conflict') {
      // Another process starts it, or it was moved: the log will tell. It must not be tried in a hurry.
      await pause(20, this.#stop.signal, parts.environment.clock);
      return;
    }
    const row = await this.#waitingRow(runId);
    if (row === undefined) return;
    await endPendingRun(parts.environment, row, { as: 'failed', error });
    parts.operations.forget(runId);
    view.queue.remove(runId);
  }
}
