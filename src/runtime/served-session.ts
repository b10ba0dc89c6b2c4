import { orAborted } from '../domain/abort.ts';
import { AsmError, isAsmError } from '../domain/error.ts';
import { isTerminalRunEvent, type LogEvent } from '../domain/event.ts';
import { brandId, parseId, type RunId, type SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import { pause } from '../domain/pause.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import { follow } from '../manager/follow.ts';
import { partsOf, type ManagerParts } from '../manager/manager-parts.ts';
import { endPendingRun } from '../manager/recovery.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions, RunOptions } from '../manager/run-options.ts';
import { moveQueued, notQueued } from '../manager/run-queueing.ts';
import { runResult, type RunResult } from '../manager/run-result.ts';
import { findRun } from '../manager/run-wait.ts';
import { findSession } from '../manager/session-change.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import { recoverRun } from './abandoned-runs.ts';
import type { Slot } from './concurrency-limiter.ts';
import { interruptRun } from './interruption.ts';
import { openRuns } from './open-runs.ts';
import { QueueRunner } from './queue-runner.ts';
import { queueFull, RunSubmission } from './run-submission.ts';
import type { SessionServerOptions } from './session-server-options.ts';
import type {
  QueuePlace,
  SessionServer,
  SessionServerStatus,
  SubscribeOptions,
  WaitLimit,
} from './session-server.ts';
import { SessionView, viewedEvents } from './session-view.ts';
import { withinLimit } from './wait-limit.ts';

/** Milliseconds until the log is read again after the store failed. */
const retryDelay = 1_000;

/** Makes or finds the session, takes its place in the limiter, and begins to serve it. */
export async function openSessionServer(
  manager: SessionManager,
  options: SessionServerOptions,
): Promise<SessionServer> {
  const parts = partsOf(manager);
  const slot = await options.limiter?.acquireSession(
    options.limiterDeadline === undefined ? {} : { deadline: options.limiterDeadline },
  );
  try {
    const { session } = options;
    const { id } =
      typeof session === 'string' ? await manager.getSession(session) : await manager.createSession(session);
    return await ServedSession.open({ manager, parts, sessionId: id, options, slot });
  } catch (thrown) {
    slot?.release();
    throw thrown;
  }
}

interface Serving {
  readonly manager: SessionManager;
  readonly parts: ManagerParts;
  readonly sessionId: SessionId;
  readonly options: SessionServerOptions;
  readonly slot: Slot | undefined;
}

class ServedSession implements SessionServer {
  readonly sessionId: SessionId;
  readonly #serving: Serving;
  readonly #view: SessionView;
  readonly #runner: QueueRunner;
  readonly #submission: RunSubmission;
  readonly #concurrentRuns: number;
  readonly #queuedRuns: number;
  readonly #defaults: CommonRunOptions;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  readonly #changeListeners = new Set<() => void>();
  readonly #endListeners = new Map<RunId, Set<() => void>>();
  #subscribers = 0;
  #stopRecovery: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  static async open(serving: Serving): Promise<ServedSession> {
    const { parts, sessionId } = serving;
    // The log's end first: what is written while the rows are read is then told once more.
    const { latestSeq } = await parts.environment.log.page({ sessionId, limit: 1, order: 'descending' });
    const session = await findSession(parts.environment, sessionId);
    const view = new SessionView(session.status, await openRuns(parts.environment.store, sessionId));
    return new ServedSession(serving, view, latestSeq);
  }

  private constructor(serving: Serving, view: SessionView, after: number) {
    const { parts, sessionId, options } = serving;
    this.sessionId = sessionId;
    this.#serving = serving;
    this.#view = view;
    this.#concurrentRuns = options.concurrentRuns ?? 1;
    this.#queuedRuns = options.queuedRuns ?? 100;
    this.#defaults = options.runOptions ?? {};
    this.#runner = new QueueRunner({
      parts,
      view,
      concurrentRuns: this.#concurrentRuns,
      limiter: options.limiter,
      limiterDeadline: options.limiterDeadline,
      defaults: this.#defaults,
    });
    this.#submission = new RunSubmission({ parts, sessionId, nextPosition: () => view.queue.free('last') });
    this.#following = this.#follow(after);
    this.#changed();
    void this.#recover();
  }

  async submitRun<Native extends object = object>(
    input: RunInput,
    options: RunOptions<Native> = {},
  ): Promise<Run> {
    this.#assertOpen();
    const { queue, running } = this.#view;
    const free = Math.max(0, this.#concurrentRuns - running.size);
    if (queue.size + this.#submission.inFlight >= this.#queuedRuns + free)
      throw queueFull(this.sessionId, this.#queuedRuns);
    return await this.#submission.submit(input, { ...this.#defaults, ...options });
  }

  async awaitRun(runId: RunId, wait: WaitLimit = {}): Promise<RunResult> {
    const { clock } = this.#serving.parts.environment;
    return await withinLimit(wait, clock, `Run ${runId}`, (signal) => this.#resultOf(runId, signal));
  }

  async executeRun<Native extends object = object>(
    input: RunInput,
    options: RunOptions<Native> = {},
    wait: WaitLimit = {},
  ): Promise<RunResult> {
    return await this.awaitRun((await this.submitRun(input, options)).id, wait);
  }

  async cancelRun(
    runId: RunId,
    reason?: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<RunResult> {
    return await (await this.getRun(runId)).cancel(reason, options);
  }

  async withdrawRun(runId: RunId): Promise<RunResult> {
    const { environment } = this.#serving.parts;
    const row = await this.#row(runId);
    if (row.status !== 'pending' || row.queuePosition === undefined) throw notQueued(row);
    const ended = await endPendingRun(environment, row, { as: 'cancelled', reason: 'It was withdrawn.' });
    if (!ended) throw notQueued(await this.#row(runId));
    return runResult(await this.#row(runId));
  }

  async moveRun(runId: RunId, place: QueuePlace): Promise<Run> {
    await this.#row(runId);
    const { environment } = this.#serving.parts;
    // From the rows, since the view may lag behind what was moved just before.
    const { queue } = new SessionView('active', await openRuns(environment.store, this.sessionId));
    if (typeof place === 'string') return await moveQueued(environment, runId, queue.free(place));
    if (place.before === runId) return await this.#row(runId);
    if (!queue.has(place.before)) throw notQueued(await this.#row(place.before));
    const position = queue.before(place.before, runId);
    if (position !== undefined) return await moveQueued(environment, runId, position);
    // No number is left between the two: all that come before make room.
    const end = queue.position(place.before) ?? 0;
    const before = queue.ids().slice(0, queue.ids().indexOf(place.before));
    const start = queue.free('first') - before.length;
    for (const [index, id] of before.entries())
      if (id !== runId) await moveQueued(environment, id, start + index);
    return await moveQueued(environment, runId, end - 0.5);
  }

  async interruptRun(
    runId: RunId,
    options: { readonly signal?: AbortSignal } = {},
  ): ReturnType<SessionServer['interruptRun']> {
    return await interruptRun(await this.getRun(runId), options);
  }

  async steer(
    runId: RunId,
    text: string,
    options: { readonly signal?: AbortSignal } = {},
  ): ReturnType<SessionServer['steer']> {
    return await (await this.getRun(runId)).steer(text, options);
  }

  async *subscribe(options: SubscribeOptions = {}): AsyncGenerator<LogEvent, void, void> {
    this.#subscribers++;
    try {
      yield* follow(this.#serving.parts.environment.log, this.sessionId, options);
    } finally {
      this.#subscribers--;
    }
  }

  async getRun(runId: RunId): Promise<RunHandle> {
    const run = await this.#serving.manager.getRun(runId);
    if (run.sessionId !== this.sessionId) throw notHere(runId, this.sessionId);
    return run;
  }

  async status(options: { readonly signal?: AbortSignal } = {}): Promise<SessionServerStatus> {
    const { store } = this.#serving.parts.environment;
    const session = await findSession(this.#serving.parts.environment, this.sessionId);
    const runs = await openRuns(store, this.sessionId, options);
    const queued = runs.filter((run) => run.status === 'pending' && run.queuePosition !== undefined);
    return {
      sessionId: this.sessionId,
      session: session.status,
      running: runs.filter((run) => run.status === 'running').toReversed(),
      queued: queued.toSorted(byPlace),
      concurrentRuns: this.#concurrentRuns,
      queuedRuns: this.#queuedRuns,
      subscribers: this.#subscribers,
      open: this.#closing === undefined,
    };
  }

  async drain(wait: WaitLimit = {}): Promise<void> {
    const { clock } = this.#serving.parts.environment;
    await withinLimit(wait, clock, `The queue of session ${this.sessionId}`, async (signal) => {
      while (!this.#isIdle() && !signal.aborted) {
        if (this.#stop.signal.aborted) throw closed();
        await this.#nextChange(signal);
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stopRecovery?.();
    await this.#runner.close('The session server was closed.');
    this.#stop.abort(closed());
    this.#changed();
    await this.#following;
    for (const runId of this.#view.queue.ids()) this.#serving.parts.operations.forget(runId);
    this.#serving.slot?.release();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  /** Everything that is to be known of the session comes from its log. */
  async #follow(from: number): Promise<void> {
    const { log, clock } = this.#serving.parts.environment;
    const { signal } = this.#stop;
    let after = from;
    while (!signal.aborted) {
      try {
        for await (const event of follow(log, this.sessionId, { after, types: viewedEvents, signal })) {
          after = event.seq;
          this.#view.take(event);
          this.#submission.told(event.seq);
          if (event.runId !== undefined && isTerminalRunEvent(event))
            this.#tellEnd(brandId('run', event.runId));
          this.#changed();
        }
        return;
      } catch (thrown) {
        if (isAsmError(thrown) && thrown.code === 'store_closed') return;
        // Aborted, or the store can't be read now.
        await pause(retryDelay, signal, clock);
      }
    }
  }

  #changed(): void {
    this.#runner.look();
    for (const listener of this.#changeListeners) listener();
  }

  #tellEnd(runId: RunId): void {
    this.#serving.parts.operations.forget(runId);
    for (const listener of this.#endListeners.get(runId) ?? []) listener();
    this.#endListeners.delete(runId);
  }

  #isIdle(): boolean {
    const { queue, running } = this.#view;
    return queue.size === 0 && running.size === 0 && this.#submission.inFlight === 0;
  }

  async #nextChange(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#changeListeners.add(done);
    signal.addEventListener('abort', done, { once: true });
    try {
      await promise;
    } finally {
      this.#changeListeners.delete(done);
      signal.removeEventListener('abort', done);
    }
  }

  /** Ends runs of processes that are gone, now and whenever a lease may have run out. */
  async #recover(): Promise<void> {
    const { parts, options } = this.#serving;
    const { clock, times } = parts.environment;
    for (const runId of this.#view.running) {
      if (this.#runner.executes(runId)) continue;
      const first = (): number => this.#view.queue.free('first');
      await recoverRun(parts, runId, this.#defaults, options.onAbandoned ?? 'fail', first).catch(
        () => undefined,
      );
    }
    if (this.#closing !== undefined) return;
    this.#stopRecovery = clock.startTimer(times.lease, () => void this.#recover());
  }

  async #resultOf(runId: RunId, signal: AbortSignal): Promise<RunResult> {
    const result = runResult(await this.#endedRow(runId, signal));
    const again = result.status === 'failed' ? result.error.details?.['rerunAs'] : undefined;
    const id = typeof again === 'string' ? parseId('run', again) : undefined;
    return id === undefined ? result : await this.#resultOf(id, signal);
  }

  /** The row of a run once it has ended; all that wait share this server's way through the log. */
  async #endedRow(runId: RunId, signal: AbortSignal): Promise<Run> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listeners = this.#endListeners.get(runId) ?? new Set();
    this.#endListeners.set(runId, listeners.add(resolve));
    try {
      const row = await this.#row(runId);
      if (isTerminalRun(row.status)) return row;
      this.#assertOpen();
      await orAborted(promise, AbortSignal.any([signal, this.#stop.signal]));
      return await this.#row(runId);
    } finally {
      listeners.delete(resolve);
      if (listeners.size === 0) this.#endListeners.delete(runId);
    }
  }

  async #row(runId: RunId): Promise<Run> {
    const row = await findRun(this.#serving.parts.environment, runId);
    if (row.sessionId !== this.sessionId) throw notHere(runId, this.sessionId);
    return row;
  }
}

function byPlace(first: Run, second: Run): number {
  const difference = (first.queuePosition ?? 0) - (second.queuePosition ?? 0);
  return difference === 0 ? (first.id < second.id ? -1 : 1) : difference;
}

function closed(): AsmError {
  return new AsmError('store_closed', 'The session server was closed.');
}

function notHere(runId: RunId, sessionId: SessionId): AsmError {
  return new AsmError('run_not_found', `Session ${sessionId} has no run ${runId}.`, {
    details: { runId, sessionId },
  });
}
