import { randomUUID } from 'node:crypto';
import type { Approval } from '../domain/approval.ts';
import { asAsmError, AsmError } from '../domain/error.ts';
import { redactRecord } from './error-redaction.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { Session } from '../domain/session.ts';
import type { Provider, ResumeRequest } from '../ports/provider.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { Change, Committed, LeaseRequest, RowChanges, RowWrite } from '../ports/session-store.ts';
import type { Negotiation } from '../domain/negotiation.ts';
import type { ClientTools } from './client-tools.ts';
import { ApprovalDesk } from './approval-desk.ts';
import { cutText } from './event-encoder.ts';
import { LeaseKeeper, leaseRequest } from './lease-keeper.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { Recorder } from './recorder.ts';
import { RunAttempts, type AttemptsEnd } from './run-attempts.ts';
import { RunClocks } from './run-clocks.ts';
import { runEnd, type RunEnd } from './run-end.ts';
import { joinGuards, type GuardedRun, type RunGuard } from './run-guard.ts';
import type { CommonRunOptions } from './run-options.ts';
import { recallRun } from './run-recall.ts';
import { RunRequests } from './run-requests.ts';
import { oneShotEnd } from './one-shot-end.ts';
import type { NewSession } from './session-creation.ts';
import type { InputMessage } from '../domain/message.ts';
import { commitWithSession, findSession } from './session-change.ts';

/** Longest text of a run's row, in UTF-16 units; the log has all of it. */
const maximumOutput = 65_536;

/** A run that is about to be executed. */
export interface PreparedRun {
  readonly run: Run;
  readonly session: Session;
  readonly provider: Provider;
  /** The input as given: never stored unredacted. */
  readonly messages: readonly InputMessage[];
  readonly options: CommonRunOptions;
  readonly native: object | undefined;
  readonly cwd: string;
  readonly clientTools: ClientTools | undefined;
  readonly negotiation: Negotiation;
  /** The run has begun before, and goes on where it was left. */
  readonly resumed?: ResumedRun;
  /** The session is made for this run: stored with its start, and ended with its end. */
  readonly oneShot?: NewSession;
}

/** Where a run that has begun goes on. */
export interface ResumedRun {
  readonly conversation: ResumeRequest;
  /** What people said, or are still to say, about calls that have not run. */
  readonly approvals: readonly Approval[];
  /** The run as its dead process left it, with what may be left of its agent. */
  readonly left: Run | undefined;
}

/** A change of a session's row. */
export type SessionSet = Exclude<RowWrite<Session>, { readonly create: Session }>;

/** How the run's row comes to be: made at once as running, or moved from pending. */
export interface RunStart {
  readonly write: RowWrite<Run>;
  readonly run: Run;
  readonly session: SessionSet;
  readonly events: readonly NewEvent[];
}

/** A run that may start in the same write in which another one ends. */
export interface Successor {
  /** Name of its provider, or router. */
  readonly provider: string;
  readonly takeLease: LeaseRequest;
  /** What its start writes, given the session as the other's end leaves it; throws if it can't start. */
  decide(session: Session): RunStart;
  /** Both are stored. */
  started(committed: Committed): void;
  /** It was not started: the end was written alone. */
  left(): void;
}

/** A run whose attempts are over, and what its end is made of. */
interface FinishedRun {
  readonly run: Run;
  readonly keeper: LeaseKeeper;
  readonly recorder: Recorder;
  readonly ended: AttemptsEnd;
  readonly end: RunEnd;
  readonly answers: readonly EventDraft[];
  /** What the guards tell. */
  readonly told: RowChanges<Run> | undefined;
}

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
    const committed = await this.#environment.log.commit({
      sessionId: session.id,
      takeLease: this.#takeLease,
      session: { create: { ...session, status: 'active' } },
      runs: [start.write],
      events: [event, ...start.events],
    });
    return { run: start.run, finished: this.begin(start.run, committed) };
  }

  /** Executes the run once its start is stored; gives its last row, to come. */
  begin(run: Run, { lease, events }: Committed): Promise<Run> {
    const { store, clock, owner, times } = this.#environment;
    if (lease === undefined) throw new AsmError('internal_error', 'The store took no lease for the run.');
    const onLost = (error: AsmError): void => this.#fail(error);
    const leasing = { leases: store.leases, clock, owner, milliseconds: times.lease, onLost };
    const start = events.find(
      ({ type, runId }) => (type === 'run_started' || type === 'run_resumed') && runId === run.id,
    );
    const finished = this.#work(run, LeaseKeeper.keep(leasing, lease), (start?.seq ?? 1) - 1);
    // The failure belongs to whoever waits for the result; nobody may be.
    finished.catch(() => undefined);
    return finished;
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

  async #work(run: Run, keeper: LeaseKeeper, startedAfter: number): Promise<Run> {
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
      after: startedAfter,
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
      signal: this.#stop.signal,
    });
    const onAbort = (): void => this.cancel('The signal of the run was aborted.');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    await using _lease = keeper;
    if (this.#prepared.resumed !== undefined) {
      const until = startedAfter + 1;
      await recallRun(log, run, until, guard).catch((thrown: unknown) => this.#fail(asAsmError(thrown)));
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
    if (isParked) return await this.#writeParked({ keeper, recorder, ended, answers, told });
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
    return await this.#writeEnd({ run, keeper, recorder, ended, end, answers, told });
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

  /** Gives the run up until a person has answered: it has no agent and no executor then. */
  async #writeParked({
    keeper,
    recorder,
    ended,
    answers,
    told,
  }: Omit<FinishedRun, 'run' | 'end'>): Promise<Run> {
    if (this.#fatal !== undefined) throw this.#fatal;
    const approval = this.#desk?.parked;
    const { handle, used } = ended;
    if (approval === undefined || handle === undefined) {
      throw new AsmError(
        'agent_protocol_error',
        'The agent was parked without a conversation to go on with.',
      );
    }
    for (const answer of answers) void recorder.record(answer);
    const { id, sessionId } = recorder.run;
    const call = { approvalId: approval.id, toolCallId: approval.call.id };
    void recorder.record({ type: 'run_parked', data: call });
    const rest = await recorder.close();
    const set: RowChanges<Run> = {
      ...rest.set,
      ...told,
      waitingFor: 'approval',
      parked: { ...call, handle },
      process: undefined,
      usage: used.usage,
      ...(used.cost === undefined ? {} : { cost: used.cost }),
    };
    const { runs } = await this.#environment.log.commit({
      sessionId,
      lease: { runId: id, token: keeper.lease.token, release: true },
      runs: [{ id, expectedVersion: recorder.run.version, set }],
      events: rest.events,
    });
    keeper.released();
    return runs[0] ?? recorder.run;
  }

  /** True while it waits for a person with a question for which its agent can be ended: now, or in a moment. */
  get mayPark(): boolean {
    return !this.#stop.signal.aborted && this.#desk?.mayPark === true;
  }

  /** Ends the agent and leaves the run to wait for a person, if that can be; else nothing happens. */
  park(): boolean {
    return !this.#stop.signal.aborted && this.#desk?.park() === true;
  }

  async #writeEnd({ run, keeper, recorder, ended, end, answers, told }: FinishedRun): Promise<Run> {
    const { clock, encoder, redactor } = this.#environment;
    if (this.#fatal !== undefined) throw this.#fatal;
    for (const answer of answers) void recorder.record(answer);
    // What is left of the log goes with the end: one write, and nothing between them.
    const rest = await recorder.close();
    const { output, outcome, handle } = ended;
    const set: RowChanges<Run> = {
      ...rest.set,
      ...told,
      status: end.status,
      endedAt: clock.now(),
      usage: end.data.usage,
      ...(end.data.cost === undefined ? {} : { cost: end.data.cost }),
      ...(output === undefined ? {} : { output: cutText(redactor.text(output).text, maximumOutput) }),
      ...(end.error === undefined ? {} : { error: redactRecord(end.error, redactor) }),
      ...(end.data.stopReason === undefined ? {} : { stopReason: redactor.text(end.data.stopReason).text }),
      ...(outcome?.status === 'interrupted' ? { interrupted: true } : {}),
    };
    const provider = ended.provider.name;
    const origin = { runId: run.id, attempt: ended.attempt, provider };
    const ending = end.events.map((draft) => encoder.encode(draft, origin));
    const { version } = recorder.run;
    const { oneShot } = this.#prepared;
    const { runs } = await this.#commitEnd(run.sessionId, async (session) => {
      const over =
        oneShot === undefined ? undefined : await oneShotEnd(this.#environment, session, run.id, end);
      const changed = {
        ...(handle === undefined ? {} : { agents: { ...session.agents, [provider]: handle } }),
        ...over?.set,
      };
      const updated = { ...changed, updatedAt: clock.now() };
      return {
        sessionId: run.sessionId,
        lease: { runId: run.id, token: keeper.lease.token, release: true },
        runs: [{ id: run.id, expectedVersion: version, set }],
        ...(Object.keys(changed).length === 0
          ? {}
          : { session: { id: session.id, expectedVersion: session.version, set: updated } }),
        events: [...rest.events, ...ending, ...(over === undefined ? [] : [encoder.encode(over.event, {})])],
      };
    });
    keeper.released();
    const [last] = runs;
    if (last === undefined) throw new AsmError('internal_error', 'The store gave no row of the run back.');
    return last;
  }

  /** Writes the end, and with it the start of the run that is to follow, if that can be. */
  async #commitEnd(sessionId: SessionId, end: (session: Session) => Promise<Change>): Promise<Committed> {
    const successor = await this.#successor?.().catch(() => undefined);
    const committed = successor === undefined ? undefined : await this.#commitBoth(sessionId, end, successor);
    if (committed !== undefined) {
      successor?.started(committed);
      return committed;
    }
    successor?.left();
    return await commitWithSession(this.#environment, sessionId, end);
  }

  /** Tried once: whatever keeps the other run from starting must not keep this one from ending. */
  async #commitBoth(
    sessionId: SessionId,
    end: (session: Session) => Promise<Change>,
    successor: Successor,
  ): Promise<Committed | undefined> {
    const { turns, log } = this.#environment;
    try {
      return await turns.take(sessionId, async () => {
        const session = await findSession(this.#environment, sessionId);
        return await log.commit(joinStart(await end(session), session, successor));
      });
    } catch {
      return undefined;
    }
  }
}

/** One change of an end and a start; `session` is the row before both. */
function joinStart(end: Change, session: Session, successor: Successor): Change {
  const ended = end.session !== undefined && 'set' in end.session ? end.session.set : {};
  const start = successor.decide({ ...session, agents: ended.agents ?? session.agents });
  const started = start.session.set;
  return {
    ...end,
    takeLease: successor.takeLease,
    session: { id: session.id, expectedVersion: session.version, set: { ...ended, ...started } },
    runs: [...(end.runs ?? []), start.write],
    events: [...end.events, ...start.events],
  };
}
