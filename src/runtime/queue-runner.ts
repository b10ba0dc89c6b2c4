import { asAsmError, type AsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { pause } from '../domain/pause.ts';
import type { Run } from '../domain/run.ts';
import { isTerminalSession } from '../domain/session.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import { endPendingRun } from '../manager/recovery.ts';
import type { Successor } from '../manager/run-succession.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions } from '../manager/run-options.ts';
import { findSession } from '../manager/session-change.ts';
import type { ConcurrencyLimiter, Slot } from './concurrency-limiter.ts';
import { viewedEvents, type SessionView } from './session-view.ts';

/** Milliseconds until a start is tried again after the store failed. */
const retryDelay = 1_000;

/** Runs that may start and end before the view has heard of them; each is looked past for the next one. */
const longestLead = 32;

/** Milliseconds until one looks again at what the log will tell in a moment. */
const shortDelay = 20;

export interface QueueRunnerOptions {
  readonly parts: ManagerParts;
  readonly sessionId: SessionId;
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
  /** A wait that ends early when there is something new to look at. */
  #nap: AbortController | undefined;
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
    // It was withdrawn, another one was put before it, or the session was paused.
    if (this.#waiting !== undefined && !this.#isFirst(this.#waiting.runId)) this.#waiting.stop.abort();
    if (this.#looking) {
      this.#lookAgain = true;
      this.#nap?.abort();
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
    this.#waiting?.stop.abort();
    this.#nap?.abort();
    await this.#lookingOn;
    // Again, since a run may have started with the end of another.
    while (this.#executed.size > 0) {
      for (const runId of this.#executed.keys()) {
        // What a person is still to decide needs nobody who serves the session.
        if (this.#options.parts.operations.leave(runId)) this.#executed.delete(runId);
      }
      await Promise.all([...this.#executed.values()].map((run) => this.#cancel(run, reason)));
    }
  }

  async #cancel(run: RunHandle, reason: string): Promise<void> {
    const { clock } = this.#options.parts.environment;
    const ended = run.result.catch(() => undefined);
    while (this.#executed.has(run.id)) {
      const over = new AbortController();
      // The request can't be written while the store is away; then the run may end by that.
      const cancelled = run.cancel(reason).then(
        () => ended,
        () => pause(retryDelay, over.signal, clock),
      );
      await Promise.race([cancelled, ended]);
      over.abort();
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

  /** True while it is this run's turn, as far as is known. */
  #isFirst(runId: RunId): boolean {
    const { view } = this.#options;
    const others = { has: (id: RunId) => id !== runId && this.#ahead.has(id) };
    return !this.#stop.signal.aborted && view.startsRuns && view.queue.first(others) === runId;
  }

  async #start(runId: RunId): Promise<void> {
    const { parts, defaults } = this.#options;
    this.#ahead.set(runId, 'started');
    try {
      const row = await this.#waitingRow(runId);
      if (row === undefined) return;
      const slot = await this.#slot(row);
      if (slot !== undefined) this.#slots.set(runId, slot);
      // Much may have happened meanwhile, above all in a wait for the limiter.
      if (!this.#isFirst(runId) || (await this.#isBehind())) {
        this.#leave(runId);
        return;
      }
      const next = (): Promise<Successor | undefined> => this.#successor(row);
      this.#watch(await parts.operations.executeQueued(row, defaults, next));
    } catch (thrown) {
      this.#leave(runId);
      await this.#cannotStart(runId, asAsmError(thrown)).catch((error: unknown) =>
        this.#waitFor(asAsmError(error)),
      );
    }
  }

  /** The row of a run that is still to start. For another one the log will tell. */
  async #waitingRow(runId: RunId): Promise<Run | undefined> {
    const row = await this.#options.parts.environment.store.run(runId);
    if (row?.status === 'pending') return row;
    // One that runs elsewhere still counts as one that was started; of any other nothing is to come.
    if (row?.status !== 'running') this.#options.view.queue.remove(runId);
    return undefined;
  }

  /** True when something has happened in the session of which the log is still to tell here. */
  async #isBehind(): Promise<boolean> {
    const { parts, sessionId, view } = this.#options;
    const { log } = parts.environment;
    const after = view.seq;
    const { events } = await log.page({ sessionId, after, types: viewedEvents, limit: 1 });
    if (events.length === 0) return false;
    // As much as a run that another process has started, or moved.
    if (view.seq === after) await this.#rest(shortDelay);
    return true;
  }

  async #slot(row: Run): Promise<Slot | undefined> {
    const { limiter, limiterDeadline } = this.#options;
    if (limiter === undefined) return undefined;
    const stop = new AbortController();
    if (this.#stop.signal.aborted) stop.abort();
    this.#waiting = { runId: row.id, stop };
    try {
      return await limiter.acquireRun(row.provider, {
        signal: stop.signal,
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

  /** Takes back what was done to start the run. */
  #leave(runId: RunId): void {
    this.#ahead.delete(runId);
    this.#releaseSlot(runId);
  }

  #releaseSlot(runId: RunId): void {
    const slot = this.#slots.get(runId);
    this.#slots.delete(runId);
    slot?.release();
  }

  /**
   * The run that starts in the write in which another one ends, and takes over its slot. None if somebody
   * else waits for that, or if it would need a slot of another provider.
   */
  async #successor(ending: Run): Promise<Successor | undefined> {
    const { parts, defaults, limiter } = this.#options;
    if (this.#ahead.size >= longestLead) return undefined;
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
      if (successor !== undefined && !needsOther && this.#isFirst(runId)) return successor;
      successor?.left();
    } catch {
      // What keeps it from starting is found, and told, when it is started by itself.
    }
    this.#ahead.delete(runId);
    return undefined;
  }

  /** Ends a run that can't start for a reason of its own; anything else passes. */
  async #cannotStart(runId: RunId, error: AsmError): Promise<void> {
    const { parts, sessionId } = this.#options;
    const { environment } = parts;
    if (this.#stop.signal.aborted || error.code === 'cancelled') return;
    if (error.category === 'storage' || isOthersDoing(error)) {
      await this.#waitFor(error);
      return;
    }
    const { status } = await findSession(environment, sessionId);
    const row = await this.#waitingRow(runId);
    // The session was paused, or ended, and the log will tell. Whoever ended it ends its runs.
    if (row === undefined || status === 'paused' || isTerminalSession(status)) {
      await this.#rest(shortDelay);
      return;
    }
    await endPendingRun(environment, row, { as: 'failed', error });
    parts.operations.waiting.forget(runId);
    this.#options.view.queue.remove(runId);
  }

  async #waitFor(error: AsmError): Promise<void> {
    // The manager is closed: nothing can start here any more.
    if (error.code === 'store_closed') this.#stop.abort();
    // It must not be tried in a hurry.
    await this.#rest(isOthersDoing(error) ? shortDelay : retryDelay);
  }

  /** Waits so many milliseconds, or until there is something new to look at. */
  async #rest(milliseconds: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#nap = new AbortController();
    await pause(milliseconds, this.#nap.signal, this.#options.parts.environment.clock);
    this.#nap = undefined;
  }
}

/** Another process starts or ends the run, or it was moved. */
function isOthersDoing({ code }: AsmError): boolean {
  return code === 'run_already_executing' || code === 'conflict';
}
