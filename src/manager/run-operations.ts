import { AsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import { RunExecutor, type PreparedRun } from './run-executor.ts';
import { createRunHandle, type RunHandle } from './run-handle.ts';
import {
  checkRunOptions,
  storedRunOptions,
  workingFolder,
  type CommonRunOptions,
  type RunOptions,
} from './run-options.ts';
import { decideStart, encodeCreated, isSameRequest, prepareRun } from './run-start.ts';
import { commitWithSession, findSession } from './session-change.ts';
import { assertSessionTakesRuns } from '../domain/session.ts';

interface ActiveRun {
  readonly executor: RunExecutor;
  readonly finished: Promise<Run>;
}

/** Makes, executes and finds runs, and knows which of them this manager executes. */
export class RunOperations {
  readonly #environment: ManagerEnvironment;
  readonly #active = new Map<RunId, ActiveRun>();
  /** Runs made here and not executed yet: their input as given, and their functions. */
  readonly #prepared = new Map<RunId, PreparedRun>();

  constructor(environment: ManagerEnvironment) {
    this.#environment = environment;
  }

  /** Makes a run and executes it. */
  async run<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<RunHandle> {
    const prepared = await prepareRun(this.#environment, sessionId, input, options);
    const earlier = options.key === undefined ? undefined : await this.#earlier(prepared.run);
    if (earlier !== undefined) return earlier;
    return await this.#start(prepared, true, options.detached !== true);
  }

  /** Makes a pending run. */
  async make<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<Run> {
    const environment = this.#environment;
    const prepared = await prepareRun(environment, sessionId, input, options);
    const { run } = prepared;
    if (options.key !== undefined && (await this.#earlier(run)) !== undefined) return run;
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
    this.#prepared.set(run.id, prepared);
    return run;
  }

  /** Executes a pending run. */
  async execute(runId: RunId, options: CommonRunOptions): Promise<RunHandle> {
    checkRunOptions(options);
    const prepared = await this.#prepare(runId, options);
    const handle = await this.#start(prepared, false, options.detached !== true);
    this.#prepared.delete(runId);
    return handle;
  }

  async find(runId: RunId): Promise<RunHandle> {
    const run = await this.#row(runId);
    const active = this.#active.get(runId);
    return createRunHandle({
      environment: this.#environment,
      run,
      owned: false,
      ...(active === undefined ? {} : { finished: active.finished }),
    });
  }

  /** Cancels what is executed here and waits for the ends. */
  async close(): Promise<void> {
    const active = [...this.#active.values()];
    for (const { executor } of active) executor.cancel('The session manager was closed.');
    await Promise.allSettled(active.map(({ finished }) => finished));
  }

  async #start(prepared: PreparedRun, isNew: boolean, owned: boolean): Promise<RunHandle> {
    const environment = this.#environment;
    const executor = new RunExecutor(environment, prepared);
    const { run, finished } = await executor.start(decideStart(environment, prepared, isNew));
    this.#active.set(run.id, { executor, finished });
    const forget = (): void => void this.#active.delete(run.id);
    finished.then(forget, forget);
    return createRunHandle({ environment, run, finished, owned });
  }

  async #prepare(runId: RunId, options: CommonRunOptions): Promise<PreparedRun> {
    const environment = this.#environment;
    const run = await this.#row(runId);
    const session = await findSession(environment, run.sessionId);
    const known = this.#prepared.get(runId);
    if (known !== undefined) return { ...known, run, session, options: { ...known.options, ...options } };
    if (run.inputRedacted === true) {
      throw new AsmError(
        'invalid_operation',
        `Run ${runId} can't be executed here: its input held a secret, and only the process that made the run knows it. Start the run again.`,
      );
    }
    return {
      run,
      session,
      provider: findProvider(environment, run.provider),
      messages: run.input,
      options: { ...storedRunOptions(run, options), ...options },
      native: undefined,
      cwd: workingFolder(options, session),
      resume: undefined,
    };
  }

  async #earlier(run: Run): Promise<RunHandle | undefined> {
    const earlier = await this.#environment.store.run(run.id);
    if (earlier === undefined) return undefined;
    if (!isSameRequest(earlier, run)) {
      throw new AsmError(
        'idempotency_key_reused',
        `The key of run ${run.id} was used before with another input or provider.`,
        {
          details: { runId: run.id },
        },
      );
    }
    return await this.find(run.id);
  }

  async #row(runId: RunId): Promise<Run> {
    const run = await this.#environment.store.run(runId);
    if (run === undefined)
      throw new AsmError('run_not_found', `There is no run ${runId} in this store.`, { details: { runId } });
    return run;
  }
}
