import { randomUUID } from 'node:crypto';
import { asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { Committed, LeaseRequest } from '../ports/session-store.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { LeaseKeeper, leaseRequest } from './lease-keeper.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { PreparedRun, RunStart } from './prepared-run.ts';
import { Recorder } from './recorder.ts';
import { RunAttempts } from './run-attempts.ts';
import { RunClocks } from './run-clocks.ts';
import { runEnd } from './run-end.ts';
import { writeParkedRun, writeRunEnd } from './run-ending.ts';
import { joinGuards, type GuardedRun, type RunGuard } from './run-guard.ts';
import { recallRun } from './run-recall.ts';
import { RunRequests } from './run-requests.ts';
import type { Successor } from './run-succession.ts';
import type { NewSession } from './session-creation.ts';
import { commitWithSession } from './session-change.ts';

/**
 * Executes one run: the only writer of its lifecycle, as long as it holds the lease. Writes one
 * `run_started` and one terminal event, whatever happens in between.
 */
export class RunExecutor {
  readonly #environment: ManagerEnvironment;
  /** Asked when the run starts: its session's row is then the one that it starts with. */
  readonly #preparedRun: () => PreparedRun;
  readonly #successor: (() => Promise<Successor | undefined>) | undefined;
  readonly #takeLease: LeaseRequest;
  readonly #stop = new AbortController();
  #cancelReason: string | undefined;
  #cancelled = false;
  #fatal: AsmError | undefined;
  #timeout: AsmError | undefined;
  #stopped: AsmError | undefined;
  #recorder: Recorder | undefined;
  #desk: ApprovalDesk | undefined;
  /** Agents that end beside the run's end. */
  #ending: Promise<unknown> = Promise.resolve();
  /** An agent that was started before the run's start was stored. */
  #early: AsyncDisposable | undefined;

  /** `successor` is asked for when the run's end is about to be written. */
  constructor(
    environment: ManagerEnvironment,
    prepared: () => PreparedRun,
    successor?: () => Promise<Successor | undefined>,
  ) {
    this.#environment = environment;
    this.#preparedRun = prepared;
    this.#successor = successor;
    const { owner, times } = environment;
    this.#takeLease = leaseRequest(prepared().run.id, { owner, milliseconds: times.lease });
  }

  get #prepared(): PreparedRun {
    return this.#preparedRun();
  }

  get runId(): RunId {
    return this.#prepared.run.id;
  }

  /** The lease that the run's start takes. */
  get takeLease(): LeaseRequest {
    return this.#takeLease;
  }

  /**
   * Takes the lease with the start. Resolves when `run_started` is stored, with a promise of
   * the run's last row; that rejects only if the end could not be written.
   */
  async start(
    decideStart: (session: Session) => RunStart,
  ): Promise<{ readonly run: Run; readonly finished: Promise<Run> }> {
    const { oneShot, resumed, run: pending } = this.#prepared;
    const { sessionId } = pending;
    if (oneShot !== undefined && resumed === undefined)
      return await this.#startFirst(oneShot, decideStart(oneShot.session));
    let start: RunStart | undefined;
    const committed = await commitWithSession(this.#environment, sessionId, (session) => {
      start = decideStart(session);
      return {
        sessionId,
        takeLease: this.#takeLease,
        session: start.session,
        runs: [start.write],
        events: start.events,
      };
    });
    const { run } = start ?? this.#prepared;
    return { run, finished: this.begin(run, committed) };
  }

  /** Writes the session, too. */
  async #startFirst(
    { session, event }: NewSession,
    start: RunStart,
  ): Promise<{ readonly run: Run; readonly finished: Promise<Run> }> {
    this.#startEarly(start.run);
    const change = {
      sessionId: session.id,
      takeLease: this.#takeLease,
      session: { create: { ...session, status: 'active' } },
      runs: [start.write],
      events: [event, ...start.events],
    } as const;
    const committed = await this.#environment.log.commit(change).catch(async (thrown: unknown) => {
      await this.#endAgents();
      throw thrown;
    });
    return { run: start.run, finished: this.begin(start.run, committed) };
  }

  #startEarly({ id: runId, sessionId, cookie }: Run): void {
    const { provider, cwd, options } = this.#prepared;
    if (cookie === undefined) return;
    const { environment, model } = options;
    this.#early = provider.startEarly?.({
      ...{ sessionId, runId, cwd, cookie, lastRun: true },
      ...(environment === undefined ? {} : { environment }),
      ...(model === undefined ? {} : { model }),
    });
  }

  /** Executes the run once its start is stored; gives its last row, to come. */
  begin(run: Run, { lease, events }: Committed): Promise<Run> {
    const { store, log, clock, owner, times } = this.#environment;
    if (lease === undefined) throw new AsmError('internal_error', 'The store took no lease for the run.');
    const onLost = (error: AsmError): void => this.#fail(error);
    const leasing = { leases: store.leases, clock, owner, milliseconds: times.lease, onLost };
    const start = events.find(
      ({ type, runId }) => (type === 'run_started' || type === 'run_resumed') && runId === run.id,
    );
    const startedAfter = (start?.seq ?? 1) - 1;
    const reached = events.at(-1)?.seq ?? startedAfter;
    const work = this.#work(run, LeaseKeeper.keep(leasing, lease), { startedAfter, reached });
    const finished = log.alive.during(this.#untilEnded(work));
    // The failure belongs to whoever waits for the result; nobody may be.
    finished.catch(() => undefined);
    return finished;
  }

  async #untilEnded(work: Promise<Run>): Promise<Run> {
    try {
      return await work;
    } finally {
      await this.#endAgents();
    }
  }

  /** What even SIGKILL doesn't end is no failure of a run that has ended, or never was. */
  async #endAgents(): Promise<void> {
    await Promise.allSettled([this.#ending, this.#early?.[Symbol.asyncDispose]()]);
  }

  /** Stops the run as cancelled; its terminal event follows. */
  cancel(reason: string | undefined): void {
    if (this.#stop.signal.aborted) return;
    this.#cancelled = true;
    this.#cancelReason = reason;
    this.#stop.abort(new AsmError('cancelled', reason ?? 'The run was cancelled.'));
  }

  /** Ends the run for what a guard saw. A run that is ended already keeps its reason. */
  #stopFor(error: AsmError): void {
    if (this.#stop.signal.aborted) return;
    this.#stopped = error;
    this.#stop.abort(error);
  }

  #fail(error: AsmError): void {
    this.#fatal ??= error;
    this.#recorder?.abandon(error);
    this.#stop.abort(error);
  }

  /** `startedAfter`: the number before that of the start; `reached`: of the last event that was stored with it. */
  async #work(
    run: Run,
    keeper: LeaseKeeper,
    { startedAfter, reached }: { readonly startedAfter: number; readonly reached: number },
  ): Promise<Run> {
    const { log, encoder, redactor, clock, deltas, limits } = this.#environment;
    const { options } = this.#prepared;
    const started = clock.monotonic();
    const recorder = new Recorder({
      log,
      encoder,
      redactor,
      clock,
      deltas: options.deltas ?? deltas,
      run,
      lease: () => keeper.lease,
      see: (draft) => guard.see(draft),
      onFailure: (error) => this.#fail(error),
    });
    this.#recorder = recorder;
    const guard = this.#guard(run, recorder);
    const clocks = new RunClocks(
      clock,
      { ...limits, ...options.limits },
      {
        onTimeout: (error) => {
          this.#timeout = error;
          this.#stop.abort(error);
        },
        onIdle: (error) => attempts.stopSilent(error),
        onWait: (what, begins) => guard.wait(what, begins),
      },
    );
    const requests = new RunRequests({
      log,
      sessionId: run.sessionId,
      runId: run.id,
      after: reached,
      clock,
      texts: this.#environment.steeringTexts.listen(run.id),
      record: (draft) => void recorder.record(draft),
      onCancel: (reason) => this.cancel(reason),
      onAnswer: (id) => desk.heard(id),
    });
    const desk = new ApprovalDesk({
      environment: this.#environment,
      run,
      recorder,
      options: options.approvals === false ? undefined : options.approvals,
      inherited: this.#prepared.resumed?.approvals ?? [],
      onQuestion: (open) => clocks.standStill('person', open),
      worked: () => clocks.workedMs,
      onStop: (reason) => this.cancel(reason),
    });
    this.#desk = desk;
    const attempts: RunAttempts = new RunAttempts({
      environment: this.#environment,
      prepared: this.#prepared,
      run,
      startedAfter,
      recorder,
      clocks,
      requests,
      desk,
      guard,
      onEnding: (end) => {
        this.#ending = Promise.allSettled([this.#ending, end]);
      },
      signal: this.#stop.signal,
    });
    const onAbort = (): void => this.cancel('The signal of the run was aborted.');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    await using _lease = keeper;
    if (this.#prepared.resumed !== undefined) {
      const until = startedAfter + 1;
      await recallRun(log, run, until, [clocks, guard]).catch((thrown: unknown) =>
        this.#fail(asAsmError(thrown)),
      );
    }
    const ended = await attempts.run();
    options.signal?.removeEventListener('abort', onAbort);
    clocks.end();
    const told = guard.end();
    const answers = await requests.close();
    const { outcome, error, used } = ended;
    const isParked = outcome?.status === 'parked' && !this.#stop.signal.aborted;
    // Of a run whose log can't be written, recovery takes care.
    await desk.close(isParked).catch((thrown: unknown) => this.#fail(asAsmError(thrown)));
    if (this.#fatal !== undefined) throw this.#fatal;
    const finished = { keeper, recorder, ended, answers, told };
    if (isParked) return await writeParkedRun(this.#environment, finished, desk.parked);
    const end = runEnd({
      outcome: outcome?.status === 'parked' ? undefined : outcome,
      error,
      stopped: this.#stopped,
      cancelled: this.#cancelled,
      cancelReason: this.#cancelReason,
      timeout: this.#timeout ?? (error?.code === 'idle_timeout' ? error : undefined),
      ...used,
      durationMs: Math.round(clock.monotonic() - started),
    });
    const { oneShot } = this.#prepared;
    return await writeRunEnd(this.#environment, finished, { end, oneShot, next: this.#successor });
  }

  /** Those who watch the run, as one. */
  #guard(run: Run, recorder: Recorder): Required<RunGuard> {
    const { guards, clock } = this.#environment;
    const { session, provider, options, cwd } = this.#prepared;
    const record = (draft: EventDraft): void => void recorder.record(draft);
    const guarded: GuardedRun = {
      ...{ run, session, provider, options, cwd, clock, record },
      show: (activity) => recorder.mark({ activity }),
      stop: (error) => this.#stopFor(error),
      interrupt: () => record({ type: 'run_interrupt_requested', data: { requestId: randomUUID() } }),
      steer: (text) => {
        const message = { role: 'user', text } as const;
        record({ type: 'run_steer_requested', data: { requestId: randomUUID(), message } });
      },
    };
    return joinGuards(guards.flatMap((maker) => maker.watch(guarded) ?? []));
  }

  /** True while it waits for a person with a question for which its agent can be ended: now, or in a moment. */
  get mayPark(): boolean {
    return !this.#stop.signal.aborted && this.#desk?.mayPark === true;
  }

  /** Ends the agent and leaves the run to wait for a person, if that can be; else nothing happens. */
  park(): boolean {
    return !this.#stop.signal.aborted && this.#desk?.park() === true;
  }
}
