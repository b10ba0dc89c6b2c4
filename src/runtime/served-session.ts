import { withBudgets } from '../manager/budget-options.ts';
import { policiesOf, withPolicies } from '../manager/policy-options.ts';
import { abortError, AsmError } from '../domain/error.ts';
import { isTerminalRunEvent, type LogEvent } from '../domain/event.ts';
import { brandId, type RunId, type SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import { follow } from '../manager/follow.ts';
import { runIdOf } from '../manager/given-id.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { CommonRunOptions, RunOptions } from '../manager/run-options.ts';
import type { RunResult } from '../manager/run-result.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { AbandonedRuns } from './abandoned-runs.ts';
import type { Slot } from './concurrency-limiter.ts';
import { interruptRun } from './interruption.ts';
import { LogPosition } from './log-position.ts';
import { moveQueuedRun } from './queue-move.ts';
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
import { followSession } from './session-follower.ts';
import { readOpenRuns } from './session-status.ts';
import type { SessionView } from './session-view.ts';
import { checkTimeout, withinLimit } from './wait-limit.ts';

/** What a session server serves, and with what. */
export interface Serving {
  readonly manager: SessionManager;
  readonly parts: ManagerParts;
  readonly sessionId: SessionId;
  readonly options: SessionServerOptions;
  readonly slot: Slot | undefined;
}

/** Serves one session: what is submitted to it, and what is asked of it. */
export class ServedSession implements SessionServer {
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

  /** `view` is what the session was after the event `after`, or later. */
  constructor(serving: Serving, view: SessionView, after: number) {
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
    const { log, clock } = parts.environment;
    this.#following = followSession(
      { log, clock, sessionId, signal: this.#stop.signal },
      { take: (event) => this.#take(event), closed: () => void this.close() },
      after,
    );
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
    const stacked = withPolicies({ ...this.#defaults, ...options }, policiesOf(this.#defaults));
    const given = withBudgets(stacked, this.#defaults.budgets);
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

  async awaitRun(id: string, wait: WaitLimit = {}): Promise<RunResult> {
    const runId = runIdOf(id);
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

  async cancelRun(runId: string, reason?: string, options: CallOptions = {}): Promise<RunResult> {
    return await (await this.getRun(runId)).cancel(reason, options);
  }

  async withdrawRun(id: string, options: CallOptions = {}): Promise<RunResult> {
    const runId = runIdOf(id);
    await this.#ends.row(runId);
    return await withdrawQueuedRun(this.#serving.parts.environment, runId, options);
  }

  async moveRun(id: string, place: QueuePlace, options: CallOptions = {}): Promise<Run> {
    const runId = runIdOf(id);
    const { environment } = this.#serving.parts;
    const row = await this.#ends.row(runId);
    if (typeof place === 'object' && place.before === runId) return row;
    const { run, seq } = await moveQueuedRun(environment, this.sessionId, runId, place, options);
    this.#submission.placed(run.queuePosition ?? 0);
    // From here on this server starts runs in the new order.
    await this.#position.reached(seq, options.signal);
    return run;
  }

  async interruptRun(id: string, options: CallOptions = {}): ReturnType<SessionServer['interruptRun']> {
    const runId = runIdOf(id);
    await this.#ends.row(runId);
    return await interruptRun(this.#serving.parts, runId, options);
  }

  async steer(runId: string, text: string, options: CallOptions = {}): ReturnType<SessionServer['steer']> {
    return await (await this.getRun(runId)).steer(text, options);
  }

  subscribe(options: SubscribeOptions = {}): AsyncGenerator<LogEvent, void, void> {
    // Counted from within: one generator more between an event and each of many readers would be felt.
    const hold = (): Disposable => {
      this.#subscribers++;
      return { [Symbol.dispose]: () => void this.#subscribers-- };
    };
    return follow(this.#serving.parts.environment.log, this.sessionId, options, { hold });
  }

  async getRun(runId: string): Promise<RunHandle> {
    const run = await this.#serving.manager.getRun(runId);
    if (run.sessionId !== this.sessionId) throw notHere(run.id, this.sessionId);
    return run;
  }

  async status(options: CallOptions = {}): Promise<SessionServerStatus> {
    return {
      ...(await readOpenRuns(this.#serving.parts.environment, this.sessionId, options)),
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
