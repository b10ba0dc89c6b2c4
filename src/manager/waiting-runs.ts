import type { RunId, SessionId } from '../domain/id.ts';
import type { JsonValue } from '../domain/json.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { preparePendingRun } from './pending-run.ts';
import type { PreparedRun } from './prepared-run.ts';
import { admitRun } from './run-guard.ts';
import { earlierRun } from './run-of-key.ts';
import type { CommonRunOptions, RunOptions } from './run-options.ts';
import { prepareRun } from './run-start.ts';
import { findRun } from './run-wait.ts';

/** Makes runs ready that wait, and keeps what is not stored of those that were made here: input as given, functions. */
export class WaitingRuns {
  readonly #environment: ManagerEnvironment;
  readonly #kept = new Map<RunId, PreparedRun>();

  constructor(environment: ManagerEnvironment) {
    this.#environment = environment;
  }

  /** Until the run starts or is forgotten. */
  keep(prepared: PreparedRun): void {
    this.#kept.set(prepared.run.id, prepared);
  }

  /** Lets go of a run that has started, or is not to be executed here. */
  forget(runId: RunId): void {
    this.#kept.delete(runId);
  }

  /** Lets go of all. */
  clear(): void {
    this.#kept.clear();
  }

  /**
   * A run that is to be queued, with its place still to be given; nothing is written. For a key that was
   * used, the run that is there.
   */
  async prepareNew<Native extends object>(
    sessionId: SessionId,
    input: RunInput,
    options: RunOptions<Native>,
  ): Promise<{ readonly prepared: PreparedRun } | { readonly earlier: Run }> {
    const prepared = await prepareRun(this.#environment, sessionId, input, options);
    const earlier = options.key === undefined ? undefined : await earlierRun(this.#environment, prepared.run);
    return earlier === undefined ? { prepared } : { earlier };
  }

  /** A stored run; `given` options go before those that it was made with. */
  async prepare(row: Run, given: CommonRunOptions): Promise<PreparedRun> {
    return await preparePendingRun(this.#environment, row, this.#kept.get(row.id), given);
  }

  /** The same where what was stored counts: functions and secrets were not, and come from whoever serves the session. */
  async prepareStored(row: Run, defaults: CommonRunOptions): Promise<PreparedRun> {
    return await this.prepare(row, this.#kept.has(row.id) ? {} : neededOf(row, defaults));
  }

  /**
   * The same for a run that is to start with the end of another; `undefined` for one that isn't pending any
   * more. For one made here nothing is read: if its row was changed since, the store will refuse its start.
   */
  async prepareNext(runId: RunId, defaults: CommonRunOptions): Promise<PreparedRun | undefined> {
    const known = this.#kept.get(runId);
    if (known !== undefined) {
      await admitRun(this.#environment.guards, known);
      return known;
    }
    const row = await findRun(this.#environment, runId);
    return row.status === 'pending' ? await this.prepareStored(row, defaults) : undefined;
  }
}

/** Of what is given for a run of another process, what it says that it needs: it was not stored. */
export function neededOf(row: Run, given: CommonRunOptions): CommonRunOptions {
  const needs: readonly JsonValue[] = Array.isArray(row.options['needs']) ? row.options['needs'] : [];
  return Object.fromEntries(Object.entries(given).filter(([name]) => needs.includes(name)));
}
