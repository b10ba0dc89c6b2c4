import { AsmError, hasErrorCode, isAsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import { assertRunMove, type Run } from '../domain/run.ts';
import { assertSessionTakesRuns } from '../domain/session.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { runAlreadyExecuting } from './lease-keeper.ts';
import { endAbandonedRun, endIfStopped } from './recovery.ts';
import type { PreparedRun } from './prepared-run.ts';
import { isTaken, untilRunEnded } from './run-continuation.ts';
import { RunExecutor } from './run-executor.ts';
import type { Successor } from './run-succession.ts';
import { createRunHandle, type RunHandle } from './run-handle.ts';
import { earlierRun, startOfKey } from './run-of-key.ts';
import { checkOptionsAgain, type CommonRunOptions, type RunOptions } from './run-options.ts';
import { decideResume, isNotHere, prepareResume } from './run-resume.ts';
import { decideStart, encodeCreated, prepareRun, prepareRunIn } from './run-start.ts';
import { findRun } from './run-wait.ts';
import { commitWithSession } from './session-change.ts';
import type { NewSession } from './session-creation.ts';
import { neededOf, WaitingRuns } from './waiting-runs.ts';

/** What those who guard runs refuse one with: it won't go on elsewhere either. */
const refusals: readonly string[] = ['budget_exceeded', 'model_unpriced', 'policy_violation'];

/** Makes, executes and finds runs, and knows which of them this manager executes. */
export class RunOperations {
  readonly #environment: ManagerEnvironment;
  /** Runs that are not executed yet. */
  readonly waiting: WaitingRuns;
  /** The last rows, to come, of the runs that are executed here. */
  readonly #finished = new Map<RunId, Promise<Run>>();
  /** Executors of these runs, and of those that are being started. */
  readonly #executors = new Set<RunExecutor>();
  readonly #starting = new Set<Promise<RunHandle>>();
  readonly #closing = new AbortController();

  constructor(environment: ManagerEnvironment) {
    this.#environment = environment;
    this.waiting = new WaitingRuns(environment);
  }

  /** Makes a run and executes it. */
  async run<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<RunHandle> {
    this.#assertOpen();
    const prepared = await prepareRun(this.#environment, sessionId, input, options);
    const owned = options.detached !== true;
    return options.key === undefined
      ? await this.#start(prepared, { isNew: true, owned })
      : await startOfKey(this.#environment, prepared, {
          start: (one, isNew) => this.#start(one, { isNew, owned }),
          found: (run) => this.#handle(run),
        });
  }

  /** Makes a session and its only run, executes that, and ends the session with it. */
  async runOnce<Native extends object>(
    oneShot: NewSession,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<RunHandle> {
    this.#assertOpen();
    const prepared = await prepareRunIn(this.#environment, oneShot.session, 0, input, options);
    return await this.#start({ ...prepared, oneShot }, { isNew: true, owned: options.detached !== true });
  }

  /** Makes a pending run. */
  async make<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<Run> {
    this.#assertOpen();
    const environment = this.#environment;
    const prepared = await prepareRun(environment, sessionId, input, options);
    const { run } = prepared;
    const earlier = options.key === undefined ? undefined : await earlierRun(this.#environment, run);
    if (earlier !== undefined) return earlier;
    try {
      await commitWithSession(environment, sessionId, (session) => {
        if (session.status !== 'pending') assertSessionTakesRuns(session);
        return {
          sessionId,
          session: {
            id: sessionId,
            expectedVersion: session.version,
            set: { updatedAt: environment.clock.now() },
          },
          runs: [{ create: run }],
          events: [encodeCreated(environment, run)],
        };
      });
    } catch (thrown) {
      const other = options.key !== undefined && hasErrorCode(thrown, 'already_exists');
      const made = other ? await earlierRun(this.#environment, run) : undefined;
      if (made === undefined) throw thrown;
      return made;
    }
    this.waiting.keep(prepared);
    return run;
  }

  /** Executes a pending run. */
  async execute(runId: RunId, options: CommonRunOptions): Promise<RunHandle> {
    this.#assertOpen();
    checkOptionsAgain(options);
    const row = await findRun(this.#environment, runId);
    if (row.status === 'running') {
      await this.#assertAbandoned(runId);
      const resumed = await prepareResume(this.#environment, row, undefined, options);
      if (resumed !== undefined) return await this.#resume(resumed, options.detached !== true);
      if (row.parked !== undefined) throw stillWaits(row);
    }
    const prepared = await this.waiting.prepare(row, options);
    try {
      return await this.#start(prepared, { isNew: false, owned: options.detached !== true });
    } catch (thrown) {
      // Somebody may have executed or cancelled it since we read its row.
      if (hasErrorCode(thrown, 'conflict')) assertRunMove(await findRun(this.#environment, runId), 'running');
      throw thrown;
    }
  }

  /**
   * Takes up a run whose process is gone, or whose agent was parked, if a person's answer lets it go on; it
   * goes on here, also without anybody who waits for it. False: it still waits, somebody executes it, it
   * can't go on here, or there is nothing to go on with.
   */
  async goOn(run: Run, given: CommonRunOptions): Promise<boolean> {
    const { store, clock } = this.#environment;
    if (this.#closing.signal.aborted || this.#finished.has(run.id)) return false;
    const lease = await store.leases.current(run.id);
    if (lease !== undefined && lease.expiresAt > clock.now()) return false;
    const again = neededOf(run, given);
    try {
      if (await endIfStopped(this.#environment, run)) return true;
      const resumed = await prepareResume(this.#environment, run, undefined, again);
      if (resumed === undefined) return false;
      await this.#resume(resumed, false);
      return true;
    } catch (thrown) {
      if (isNotHere(thrown) || isTaken(thrown)) return false;
      if (!isAsmError(thrown) || !refusals.includes(thrown.code)) throw thrown;
      return await endAbandonedRun(this.#environment, run.id, { as: 'failed', error: thrown });
    }
  }

  /** A run that is to be queued: `WaitingRuns.prepareNew`. */
  async prepareQueued<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<{ readonly prepared: PreparedRun } | { readonly earlier: Run }> {
    this.#assertOpen();
    return await this.waiting.prepareNew(sessionId, input, options);
  }

  /** Executes a queued run; `next` gives the run that is to start with this one's end. */
  async executeQueued(
    row: Run,
    defaults: CommonRunOptions,
    next: () => Promise<Successor | undefined>,
  ): Promise<RunHandle> {
    this.#assertOpen();
    const prepared = await this.waiting.prepareStored(row, defaults);
    return await this.#start(prepared, { isNew: false, owned: false, next });
  }

  /**
   * The same for a run that starts with the end of another; `settled` tells its handle, or nothing if it
   * didn't start. `undefined` for one that isn't pending any more.
   */
  async succeed(
    runId: RunId,
    defaults: CommonRunOptions,
    next: (row: Run) => Promise<Successor | undefined>,
    settled: (handle: RunHandle | undefined) => void,
  ): Promise<Successor | undefined> {
    this.#assertOpen();
    const environment = this.#environment;
    const prepared = await this.waiting.prepareNext(runId, defaults);
    if (prepared === undefined) return undefined;
    let { run } = prepared;
    let current = prepared;
    const executor = new RunExecutor(
      environment,
      () => current,
      () => next(run),
    );
    this.#executors.add(executor);
    return {
      provider: prepared.provider.name,
      takeLease: executor.takeLease,
      decide: (session, follows) => {
        this.#assertOpen();
        current = { ...prepared, session, follows };
        const start = decideStart(environment, current, false)(session);
        ({ run } = start);
        return start;
      },
      started: (committed) => {
        const finished = executor.begin(run, committed);
        settled(
          this.#began({ executor, prepared: current, run, finished, owned: false, next: () => next(run) }),
        );
      },
      left: () => {
        this.#executors.delete(executor);
        settled(undefined);
      },
    };
  }

  async find(runId: RunId): Promise<RunHandle> {
    return this.#handle(await findRun(this.#environment, runId));
  }

  /**
   * Leaves a run that waits for a person to go on without its agent, where that can be; it goes on here when
   * the answer comes, or elsewhere once this manager is closed. False: it has to be waited for, or cancelled.
   */
  leave(runId: RunId): boolean {
    const executor = [...this.#executors].find((one) => one.runId === runId);
    return executor === undefined ? this.#finished.has(runId) : executor.park();
  }

  /** True when it is worth while to try that again in a moment: the agent may still be speaking. */
  mayLeave(runId: RunId): boolean {
    return [...this.#executors].some((one) => one.runId === runId && one.mayPark);
  }

  /** Cancels what is executed here, waits for the ends, and refuses what comes after. */
  async close(): Promise<void> {
    this.#closing.abort(closed());
    this.waiting.clear();
    const { clock, times } = this.#environment;
    for (const executor of this.#executors) {
      const cancel = (): void => executor.cancel('The session manager was closed.');
      // What a person is still to decide can wait without us, where the agent can be ended for it.
      if (executor.park()) clock.startTimer(times.close, cancel);
      else cancel();
    }
    // Again, since the end of a run may have been written together with the start of another.
    while (this.#starting.size > 0 || this.#finished.size > 0) {
      await Promise.allSettled([...this.#starting, ...this.#finished.values()]);
      await Promise.resolve();
    }
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw closed();
  }

  #handle(run: Run): RunHandle {
    const finished = this.#finished.get(run.id);
    return createRunHandle({
      environment: this.#environment,
      run,
      owned: false,
      ...(finished === undefined ? {} : { finished }),
    });
  }

  async #start(prepared: PreparedRun, how: StartedHow): Promise<RunHandle> {
    this.#assertOpen();
    const start = this.#execute(prepared, how);
    this.#starting.add(start);
    try {
      return await start;
    } finally {
      this.#starting.delete(start);
    }
  }

  async #execute(prepared: PreparedRun, how: StartedHow): Promise<RunHandle> {
    const environment = this.#environment;
    const executor = new RunExecutor(environment, () => prepared, how.next);
    this.#executors.add(executor);
    try {
      const { run, finished } = await executor.start(decideStart(environment, prepared, how.isNew));
      return this.#began({ ...how, executor, prepared, run, finished });
    } catch (thrown) {
      this.#executors.delete(executor);
      throw thrown;
    }
  }

  #began({ executor, prepared, run, finished, owned, next }: BegunRun): RunHandle {
    this.waiting.forget(run.id);
    const forget = (): void => void this.#executors.delete(executor);
    finished.then(forget, forget);
    const { signal } = this.#closing;
    const goOn = (resumed: PreparedRun): Promise<Run> => this.#goOnHere(resumed, next);
    const whole = untilRunEnded(this.#environment, { prepared, finished, signal, goOn });
    whole.catch(() => undefined);
    this.#finished.set(run.id, whole);
    const forgetRun = (): void => void this.#finished.delete(run.id);
    whole.then(forgetRun, forgetRun);
    return createRunHandle({ environment: this.#environment, run, finished: whole, owned });
  }

  /** Executes a run that was begun; its handle's result is that of the whole run. */
  async #resume(prepared: PreparedRun, owned: boolean): Promise<RunHandle> {
    const executor = new RunExecutor(this.#environment, () => prepared);
    this.#executors.add(executor);
    try {
      const { run, finished } = await executor.start(decideResume(this.#environment, prepared));
      return this.#began({ executor, prepared, run, finished, owned });
    } catch (thrown) {
      this.#executors.delete(executor);
      throw thrown;
    }
  }

  /** Executes a run that goes on until it is ended, or parked again. */
  async #goOnHere(resumed: PreparedRun, next: BegunRun['next']): Promise<Run> {
    this.#assertOpen();
    const executor = new RunExecutor(this.#environment, () => resumed, next);
    this.#executors.add(executor);
    try {
      return await (
        await executor.start(decideResume(this.#environment, resumed))
      ).finished;
    } finally {
      this.#executors.delete(executor);
    }
  }

  /** Throws `run_already_executing` while somebody holds the lease of a running run. */
  async #assertAbandoned(runId: RunId): Promise<void> {
    const { store, clock } = this.#environment;
    const lease = await store.leases.current(runId);
    if (lease !== undefined && lease.expiresAt > clock.now()) throw runAlreadyExecuting(runId);
  }
}

/** How a run is started. */
interface StartedHow {
  /** Nothing of it is stored. */
  readonly isNew: boolean;
  /** It is cancelled when its handle is disposed of. */
  readonly owned: boolean;
  /** Gives the run that is to start with its end. */
  readonly next?: () => Promise<Successor | undefined>;
}

/** A run that has begun here. */
interface BegunRun {
  readonly executor: RunExecutor;
  readonly prepared: PreparedRun;
  readonly run: Run;
  /** Its row when its executor lets go of it: ended, or parked. */
  readonly finished: Promise<Run>;
  readonly owned: boolean;
  readonly next?: (() => Promise<Successor | undefined>) | undefined;
}

function closed(): AsmError {
  return new AsmError('store_closed', 'The session manager was closed.');
}

function stillWaits({ id, parked }: Run): AsmError {
  return new AsmError(
    'invalid_operation',
    `Run ${id} waits for approval ${parked?.approvalId ?? ''}; it goes on when that is answered.`,
    { details: { runId: id, approvalId: parked?.approvalId ?? '' } },
  );
}
