import { AsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { Session } from '../domain/session.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { PreparedRun, RunStart } from './prepared-run.ts';
import { untilRunEnded } from './run-continuation.ts';
import { RunExecutor } from './run-executor.ts';
import { createRunHandle, type RunHandle } from './run-handle.ts';
import { decideResume } from './run-resume.ts';
import { decideStart } from './run-start.ts';
import type { Successor } from './run-succession.ts';

/** How a run goes on that has begun here. */
interface BegunHow {
  /** It is cancelled when its handle is disposed of. */
  readonly owned: boolean;
  /** Gives the run that is to start with its end. */
  readonly next?: () => Promise<Successor | undefined>;
}

/** How a run is started. */
interface StartedHow extends BegunHow {
  /** Nothing of it is stored. */
  readonly isNew: boolean;
}

/** A run that an executor has started. */
interface ExecutedRun {
  readonly run: Run;
  /** Its row when its executor lets go of it: ended, or parked. */
  readonly finished: Promise<Run>;
}

interface BegunRun extends ExecutedRun, BegunHow {
  readonly prepared: PreparedRun;
}

type StartDecision = (session: Session) => RunStart;

/** The runs that are executed in this manager, from their start to their end, also while they are parked. */
export class ExecutingRuns {
  readonly #environment: ManagerEnvironment;
  readonly #onBegin: (runId: RunId) => void;
  /** The last rows, to come, of the runs that are executed here. */
  readonly #finished = new Map<RunId, Promise<Run>>();
  /** Executors of these runs, and of those that are being started. */
  readonly #executors = new Set<RunExecutor>();
  readonly #starting = new Set<Promise<RunHandle>>();
  readonly #closing = new AbortController();

  /** `onBegin` is told of each run whose start is stored. */
  constructor(environment: ManagerEnvironment, onBegin: (runId: RunId) => void) {
    this.#environment = environment;
    this.#onBegin = onBegin;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  assertOpen(): void {
    if (this.isClosed) throw new AsmError('store_closed', 'The session manager was closed.');
  }

  has(runId: RunId): boolean {
    return this.#finished.has(runId);
  }

  /** A handle of any run, executed here or not. */
  handle(run: Run): RunHandle {
    const finished = this.#finished.get(run.id);
    return createRunHandle({
      environment: this.#environment,
      run,
      owned: false,
      ...(finished === undefined ? {} : { finished }),
    });
  }

  /** Starts a run that has not begun. */
  async start(prepared: PreparedRun, how: StartedHow): Promise<RunHandle> {
    return await this.#begin(prepared, decideStart(this.#environment, prepared, how.isNew), how);
  }

  /** A run that starts with the end of another: see `RunOperations.succeed`. */
  successor(
    prepared: PreparedRun,
    next: (row: Run) => Promise<Successor | undefined>,
    settled: (handle: RunHandle | undefined) => void,
  ): Successor {
    const environment = this.#environment;
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
        this.assertOpen();
        current = { ...prepared, session, follows };
        const start = decideStart(environment, current, false)(session);
        ({ run } = start);
        return start;
      },
      started: (committed) => {
        const finished = executor.begin(run, committed);
        this.#forgetAfter(finished, executor);
        settled(this.#began({ prepared: current, run, finished, owned: false, next: () => next(run) }));
      },
      left: () => {
        this.#executors.delete(executor);
        settled(undefined);
      },
    };
  }

  /** Goes on with a run that was begun; its handle's result is that of the whole run. */
  async resume(prepared: PreparedRun, owned: boolean): Promise<RunHandle> {
    return await this.#begin(prepared, decideResume(this.#environment, prepared), { owned });
  }

  /** As `RunOperations.leave`. */
  leave(runId: RunId): boolean {
    const executor = [...this.#executors].find((one) => one.runId === runId);
    return executor === undefined ? this.#finished.has(runId) : executor.park();
  }

  /** As `RunOperations.mayLeave`. */
  mayLeave(runId: RunId): boolean {
    return [...this.#executors].some((one) => one.runId === runId && one.mayPark);
  }

  /** Cancels what is executed here, waits for the ends, and refuses what comes after. */
  async close(): Promise<void> {
    this.#closing.abort(new AsmError('store_closed', 'The session manager was closed.'));
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

  async #begin(prepared: PreparedRun, decide: StartDecision, how: BegunHow): Promise<RunHandle> {
    this.assertOpen();
    const begin = async (): Promise<RunHandle> =>
      this.#began({ ...how, ...(await this.#execute(prepared, decide, how.next)), prepared });
    const starting = begin();
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /** Has an executor start the run; it is known here until it lets go of it. */
  async #execute(prepared: PreparedRun, decide: StartDecision, next: BegunHow['next']): Promise<ExecutedRun> {
    const executor = new RunExecutor(this.#environment, () => prepared, next);
    this.#executors.add(executor);
    try {
      const executed = await executor.start(decide);
      this.#forgetAfter(executed.finished, executor);
      return executed;
    } catch (thrown) {
      this.#executors.delete(executor);
      throw thrown;
    }
  }

  #forgetAfter(finished: Promise<Run>, executor: RunExecutor): void {
    const forget = (): void => void this.#executors.delete(executor);
    finished.then(forget, forget);
  }

  #began({ prepared, run, finished, owned, next }: BegunRun): RunHandle {
    this.#onBegin(run.id);
    const { signal } = this.#closing;
    const goOn = async (resumed: PreparedRun): Promise<Run> => {
      this.assertOpen();
      const decide = decideResume(this.#environment, resumed);
      return await (
        await this.#execute(resumed, decide, next)
      ).finished;
    };
    const whole = untilRunEnded(this.#environment, { prepared, finished, signal, goOn });
    whole.catch(() => undefined);
    this.#finished.set(run.id, whole);
    const forgetRun = (): void => void this.#finished.delete(run.id);
    whole.then(forgetRun, forgetRun);
    return createRunHandle({ environment: this.#environment, run, finished: whole, owned });
  }
}
