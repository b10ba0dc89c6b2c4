import { AsmError, hasErrorCode, isAsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import { assertRunMove, type Run } from '../domain/run.ts';
import { assertSessionTakesRuns } from '../domain/session.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { runAlreadyExecuting } from './lease-keeper.ts';
import { endAbandonedRun, endIfStopped } from './recovery.ts';
import type { PreparedRun } from './prepared-run.ts';
import { ExecutingRuns } from './executing-runs.ts';
import { isTaken } from './run-continuation.ts';
import type { Successor } from './run-succession.ts';
import type { RunHandle } from './run-handle.ts';
import { earlierRun, startOfKey } from './run-of-key.ts';
import { checkOptionsAgain, type CommonRunOptions, type RunOptions } from './run-options.ts';
import { isNotHere, prepareResume } from './run-resume.ts';
import { encodeCreated, prepareRun, prepareRunIn } from './run-start.ts';
import { findRun } from './run-wait.ts';
import { commitWithSession } from './session-change.ts';
import type { NewSession } from './session-creation.ts';
import { neededOf, WaitingRuns } from './waiting-runs.ts';

/** What those who guard runs refuse one with: it won't go on elsewhere either. */
const refusals: readonly string[] = ['budget_exceeded', 'model_unpriced', 'policy_violation'];

/** Makes, executes and finds runs. */
export class RunOperations {
  readonly #environment: ManagerEnvironment;
  /** Runs that are not executed yet. */
  readonly waiting: WaitingRuns;
  readonly #executing: ExecutingRuns;

  constructor(environment: ManagerEnvironment) {
    this.#environment = environment;
    this.waiting = new WaitingRuns(environment);
    this.#executing = new ExecutingRuns(environment, (runId) => this.waiting.forget(runId));
  }

  /** Makes a run and executes it. */
  async run<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<RunHandle> {
    this.#executing.assertOpen();
    const prepared = await prepareRun(this.#environment, sessionId, input, options);
    const owned = options.detached !== true;
    return options.key === undefined
      ? await this.#executing.start(prepared, { isNew: true, owned })
      : await startOfKey(this.#environment, prepared, {
          start: (one, isNew) => this.#executing.start(one, { isNew, owned }),
          found: (run) => this.#executing.handle(run),
        });
  }

  /** Makes a session and its only run, executes that, and ends the session with it. */
  async runOnce<Native extends object>(
    oneShot: NewSession,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<RunHandle> {
    this.#executing.assertOpen();
    const prepared = await prepareRunIn(this.#environment, oneShot.session, 0, input, options);
    return await this.#executing.start(
      { ...prepared, oneShot },
      { isNew: true, owned: options.detached !== true },
    );
  }

  /** Makes a pending run. */
  async make<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<Run> {
    this.#executing.assertOpen();
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
    this.#executing.assertOpen();
    checkOptionsAgain(options);
    const row = await findRun(this.#environment, runId);
    if (row.status === 'running') {
      await this.#assertAbandoned(runId);
      const resumed = await prepareResume(this.#environment, row, undefined, options);
      if (resumed !== undefined) return await this.#executing.resume(resumed, options.detached !== true);
      if (row.parked !== undefined) throw stillWaits(row);
    }
    const prepared = await this.waiting.prepare(row, options);
    try {
      return await this.#executing.start(prepared, { isNew: false, owned: options.detached !== true });
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
    if (this.#executing.isClosed || this.#executing.has(run.id)) return false;
    const lease = await store.leases.current(run.id);
    if (lease !== undefined && lease.expiresAt > clock.now()) return false;
    const again = neededOf(run, given);
    try {
      if (await endIfStopped(this.#environment, run)) return true;
      const resumed = await prepareResume(this.#environment, run, undefined, again);
      if (resumed === undefined) return false;
      await this.#executing.resume(resumed, false);
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
    this.#executing.assertOpen();
    return await this.waiting.prepareNew(sessionId, input, options);
  }

  /** Executes a queued run; `next` gives the run that is to start with this one's end. */
  async executeQueued(
    row: Run,
    defaults: CommonRunOptions,
    next: () => Promise<Successor | undefined>,
  ): Promise<RunHandle> {
    this.#executing.assertOpen();
    const prepared = await this.waiting.prepareStored(row, defaults);
    return await this.#executing.start(prepared, { isNew: false, owned: false, next });
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
    this.#executing.assertOpen();
    const prepared = await this.waiting.prepareNext(runId, defaults);
    if (prepared === undefined) return undefined;
    return this.#executing.successor(prepared, next, settled);
  }

  async find(runId: RunId): Promise<RunHandle> {
    return this.#executing.handle(await findRun(this.#environment, runId));
  }

  /**
   * Leaves a run that waits for a person to go on without its agent, where that can be; it goes on here when
   * the answer comes, or elsewhere once this manager is closed. False: it has to be waited for, or cancelled.
   */
  leave(runId: RunId): boolean {
    return this.#executing.leave(runId);
  }

  /** True when it is worth while to try that again in a moment: the agent may still be speaking. */
  mayLeave(runId: RunId): boolean {
    return this.#executing.mayLeave(runId);
  }

  /** Cancels what is executed here, waits for the ends, and refuses what comes after. */
  async close(): Promise<void> {
    this.waiting.clear();
    await this.#executing.close();
  }

  /** Throws `run_already_executing` while somebody holds the lease of a running run. */
  async #assertAbandoned(runId: RunId): Promise<void> {
    const { store, clock } = this.#environment;
    const lease = await store.leases.current(runId);
    if (lease !== undefined && lease.expiresAt > clock.now()) throw runAlreadyExecuting(runId);
  }
}

function stillWaits({ id, parked }: Run): AsmError {
  return new AsmError(
    'invalid_operation',
    `Run ${id} waits for approval ${parked?.approvalId ?? ''}; it goes on when that is answered.`,
    { details: { runId: id, approvalId: parked?.approvalId ?? '' } },
  );
}
