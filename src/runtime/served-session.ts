import { policiesOf, withPolicies } from '../manager/policy-options.ts';
import { abortError, AsmError, isAsmError } from '../domain/error.ts';
import { isTerminalRunEvent, type LogEvent } from '../domain/event.ts';
import { brandId, type RunId, type SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import { pause } from '../domain/pause.ts';
import type { Run } from '../domain/run.ts';
import { follow } from '../manager/follow.ts';
import { partsOf, type ManagerParts } from '../manager/manager-parts.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions, RunOptions } from '../manager/run-options.ts';
import type { RunResult } from '../manager/run-result.ts';
import { findSession } from '../manager/session-change.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { AbandonedRuns } from './abandoned-runs.ts';
import type { Slot } from './concurrency-limiter.ts';
import { interruptRun } from './interruption.ts';
import { LogPosition } from './log-position.ts';
import { openRuns } from './open-runs.ts';
import { moveQueuedRun, queuedRuns } from './queue-move.ts';
import { QueueRunner } from './queue-runner.ts';
import { withdrawQueuedRun } from './queue-withdrawal.ts';
import { notHere, RunEnds } from './run-ends.ts';
import { RunSignals } from './run-signals.ts';
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
import { checkTimeout, withinLimit } from './wait-limit.ts';

/** Milliseconds until the log is read again after the store failed. */
const retryDelay = 1_000;

/** Makes or finds the session, takes its place in the limiter, and begins to serve it. */
export async function openSessionServer(
  manager: SessionManager,
  options: SessionServerOptions,
): Promise<SessionServer> {
  const parts = partsOf(manager);
  const { session, limiter, limiterDeadline: deadline, signal } = options;
  const slot = await limiter?.acquireSession({
    ...(deadline === undefined ? {} : { deadline }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
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
  readonly #abandoned: AbandonedRuns;
  readonly #ends: RunEnds;
  readonly #signals = new RunSignals();
  readonly #position: LogPosition;
  readonly #concurrentRuns: number;
  readonly #queuedRuns: number;
  readonly #defaults: CommonRunOptions;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #subscribers = 0;
  #closing: Promise<void> | undefined;

  static async open(serving: Serving): Promise<ServedSession> {
    const { parts, sessionId } = serving;
    // The log's end first: what is written while the rows are read is then told once more.
    const { latestSeq } = await parts.environment.log.page({ sessionId, limit: 1, order: 'descending' });
    const session = await findSession(parts.environment, sessionId);
    const view = new SessionView(
      session.status,
      await openRuns(parts.environment.store, sessionId),
      latestSeq,
    );
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
    this.#ends = new RunEnds(parts.environment, sessionId);
    this.#position = new LogPosition(after);
    const runner = new QueueRunner({
      parts,
      sessionId,
      view,
      concurrentRuns: this.#concurrentRuns,
      limiter: options.limiter,
      limiterDeadline: options.limiterDeadline,
      defaults: this.#defaults,
    });
    this.#runner = runner;
    this.#submission = new RunSubmission({ parts, sessionId, nextPosition: () => view.queue.free('last') });
    this.#following = this.#follow(after);
    runner.look();
    const executes = (runId: RunId): boolean => runner.executes(runId);
    this.#abandoned = new AbandonedRuns({
      parts,
      view,
      policy: options.onAbandoned ?? 'fail',
      defaults: this.#defaults,
      executes,
    });
  }

  async submitRun<Native extends object = object>(
    input: RunInput,
    options: RunOptions<Native> = {},
  ): Promise<Run> {
    this.#assertOpen();
    const given = withPolicies({ ...this.#defaults, ...options }, policiesOf(this.#defaults));
    const { signal } = given;
    if (signal?.aborted === true) throw abortError(signal);
    if (this.#isFull()) {
      // Whoever submits once more what is there gets that.
      const earlier = given.key === undefined ? undefined : await this.#submission.earlier(input, given);
      if (earlier === undefined) throw queueFull(this.sessionId, this.#queuedRuns);
      return earlier;
    }
    const run = await this.#submission.submit(input, given);
    if (signal !== undefined) this.#cancelOn(signal, run.id);
    return run;
  }

  async awaitRun(runId: RunId, wait: WaitLimit = {}): Promise<RunResult> {
    const { clock } = this.#serving.parts.environment;
    return await withinLimit(wait, clock, `Run ${runId}`, (signal) => this.#ends.result(runId, signal));
  }

  async executeRun<Native extends object = object>(
    input: RunInput,
    options: RunOptions<Native> = {},
    wait: WaitLimit = {},
  ): Promise<RunResult> {
    checkTimeout(wait);
    return await this.awaitRun((await this.submitRun(input, options)).id, wait);
  }

  async cancelRun(runId: RunId, reason?: string, options: CallOptions = {}): Promise<RunResult> {
    return await (await this.getRun(runId)).cancel(reason, options);
  }

  async withdrawRun(runId: RunId, options: CallOptions = {}): Promise<RunResult> {
    await this.#ends.row(runId);
    return await withdrawQueuedRun(this.#serving.parts.environment, runId, options);
  }

  async moveRun(runId: RunId, place: QueuePlace, options: CallOptions = {}): Promise<Run> {
    const { environment } = this.#serving.parts;
    const row = await this.#ends.row(runId);
    if (typeof place === 'object' && place.before === runId) return row;
    const { run, seq } = await moveQueuedRun(environment, this.sessionId, runId, place, options);
    this.#submission.placed(run.queuePosition ?? 0);
    // From here on this server starts runs in the new order.
    await this.#position.reached(seq, options.signal);
    return run;
  }

  async interruptRun(runId: RunId, options: CallOptions = {}): ReturnType<SessionServer['interruptRun']> {
    await this.#ends.row(runId);
    return await interruptRun(this.#serving.parts, runId, options);
  }

  async steer(runId: RunId, text: string, options: CallOptions = {}): ReturnType<SessionServer['steer']> {
    return await (await this.getRun(runId)).steer(text, options);
  }

  subscribe(options: SubscribeOptions = {}): AsyncGenerator<LogEvent, void, void> {
    // Counted from within: one generator more between an event and each of many readers would be felt.
    return follow(this.#serving.parts.environment.log, this.sessionId, options, () => {
      this.#subscribers++;
      return { [Symbol.dispose]: () => void this.#subscribers-- };
    });
  }

  async getRun(runId: RunId): Promise<RunHandle> {
    const run = await this.#serving.manager.getRun(runId);
    if (run.sessionId !== this.sessionId) throw notHere(runId, this.sessionId);
    return run;
  }

  async status(options: CallOptions = {}): Promise<SessionServerStatus> {
    const { store } = this.#serving.parts.environment;
    const session = await findSession(this.#serving.parts.environment, this.sessionId);
    const runs = await openRuns(store, this.sessionId, options);
    return {
      sessionId: this.sessionId,
      session: session.status,
      running: runs.filter((run) => run.status === 'running').toReversed(),
      queued: queuedRuns(runs),
      concurrentRuns: this.#concurrentRuns,
      queuedRuns: this.#queuedRuns,
      subscribers: this.#subscribers,
      open: this.#closing === undefined,
    };
  }

  async drain(wait: WaitLimit = {}): Promise<void> {
    const { clock } = this.#serving.parts.environment;
    await withinLimit(wait, clock, `The queue of session ${this.sessionId}`, async (signal) => {
      while (!this.#isIdle() && !signal.aborted) await this.#position.moved(signal);
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
    await Promise.all([
      this.#runner.close('The session server was closed.'),
      this.#abandoned.close(),
      this.#submission.close(),
    ]);
    const error = closed();
    this.#stop.abort(error);
    this.#signals.close();
    this.#ends.close(error);
    this.#position.close(error);
    await this.#following;
    this.#serving.slot?.release();
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  #isFull(): boolean {
    const { queue, running, startsRuns } = this.#view;
    const free = startsRuns ? Math.max(0, this.#concurrentRuns - running.size) : 0;
    return queue.size + this.#submission.inFlight >= this.#queuedRuns + free;
  }

  /** A run that waits is ended as soon as its signal aborts, and not only when it starts. */
  #cancelOn(signal: AbortSignal, runId: RunId): void {
    if (!this.#submission.keeps(runId)) return;
    this.#signals.listen(runId, signal, () => {
      this.cancelRun(runId, 'The signal of the run was aborted.').catch(() => undefined);
    });
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
          this.#take(event);
        }
        return;
      } catch (thrown) {
        if (isAsmError(thrown) && thrown.code === 'store_closed') {
          // The manager is closed, and nobody will come to close this one.
          void this.close();
          return;
        }
        // Aborted, or the store can't be read now.
        await pause(retryDelay, signal, clock);
      }
    }
  }

  #take(event: LogEvent): void {
    this.#view.take(event);
    if (event.runId !== undefined) {
      const runId = brandId('run', event.runId);
      if (event.type === 'run_queued') this.#submission.seen(runId);
      if (event.type === 'run_started') this.#signals.forget(runId);
      if (isTerminalRunEvent(event)) {
        this.#signals.forget(runId);
        this.#submission.ended(runId);
        this.#ends.tell(runId);
      }
    }
    this.#runner.look();
    this.#position.move(event.seq);
  }

  #isIdle(): boolean {
    const { queue, running } = this.#view;
    return queue.size === 0 && running.size === 0 && this.#submission.inFlight === 0;
  }
}

function closed(): AsmError {
  return new AsmError('store_closed', 'The session server was closed.');
}
