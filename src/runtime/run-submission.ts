import { AsmError, hasErrorCode } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import type { PreparedRun } from '../manager/prepared-run.ts';
import { earlierRun } from '../manager/run-of-key.ts';
import type { RunOptions } from '../manager/run-options.ts';
import { writeQueued } from '../manager/run-queueing.ts';

/** Runs that are written at most in one change. */
const largestBatch = 256;

interface Submission {
  readonly prepared: PreparedRun;
  readonly resolve: (run: Run) => void;
  readonly reject: (error: unknown) => void;
}

export interface RunSubmissionOptions {
  readonly parts: ManagerParts;
  readonly sessionId: SessionId;
  /** A position behind all runs that are known to wait. */
  readonly nextPosition: () => number;
}

/**
 * Puts runs into the queue of one session in the order of the calls. Those that are handed in while
 * others are being written go together in the next change.
 */
export class RunSubmission {
  readonly #options: RunSubmissionOptions;
  readonly #waiting: Submission[] = [];
  #writing: Promise<void> | undefined;
  #lastPosition = Number.NEGATIVE_INFINITY;
  /** Settles when all calls so far have their place. */
  #before: Promise<unknown> = Promise.resolve();
  /** Calls that have no place yet. */
  #entering = 0;
  /** Runs with a place that the log has not told: on their way into the store, or there. */
  readonly #unseen = new Set<RunId>();
  /** Runs on their way into the store. */
  readonly #storing = new Map<RunId, Promise<Run>>();
  /** Runs that came in here, of which the manager keeps what isn't stored. */
  readonly #kept = new Set<RunId>();

  constructor(options: RunSubmissionOptions) {
    this.#options = options;
  }

  /** Runs that the log has not told yet. */
  get inFlight(): number {
    return this.#entering + this.#unseen.size;
  }

  /** The log tells that the run is queued. */
  seen(runId: RunId): void {
    this.#unseen.delete(runId);
  }

  /** True for a run that came in here and has not ended, as far as the log has told. */
  keeps(runId: RunId): boolean {
    return this.#kept.has(runId);
  }

  /** The run is not to be executed any more. */
  ended(runId: RunId): void {
    this.#kept.delete(runId);
    this.#options.parts.operations.waiting.forget(runId);
  }

  /** A run has this place: those that come from now on are put behind it. */
  placed(position: number): void {
    this.#lastPosition = Math.max(this.#lastPosition, position);
  }

  /** The run of an earlier call with the same key, if there was one. */
  async earlier(input: RunInput, options: RunOptions): Promise<Run | undefined> {
    const { parts, sessionId } = this.#options;
    const checked = await parts.operations.prepareQueued(sessionId, input, options);
    if ('earlier' in checked) return checked.earlier;
    const storing = this.#storing.get(checked.prepared.run.id);
    return storing === undefined ? undefined : await this.#theSame(storing, checked.prepared.run);
  }

  /** Resolves with the run once it is stored. */
  async submit(input: RunInput, options: RunOptions): Promise<Run> {
    const { parts, sessionId } = this.#options;
    this.#entering++;
    // Checked at once, but placed in the order of the calls: some checks take longer than others.
    const checking = parts.operations.prepareQueued(sessionId, input, options);
    // It may fail before its turn comes.
    checking.catch(() => undefined);
    const placing = this.#before
      .then(() => checking)
      .then((checked) => this.#place(checked))
      .finally(() => void this.#entering--);
    this.#before = placing.catch(() => undefined);
    return await (
      await placing
    ).stored;
  }

  /** Resolves when all calls are done; lets go of the runs that came in here. */
  async close(): Promise<void> {
    await this.#before;
    await this.#writing;
    for (const runId of this.#kept) this.#options.parts.operations.waiting.forget(runId);
    this.#kept.clear();
  }

  /** Wrapped, so that the next call needn't wait until this one is stored. */
  #place(checked: { readonly prepared: PreparedRun } | { readonly earlier: Run }): {
    readonly stored: Promise<Run>;
  } {
    if ('earlier' in checked) return { stored: Promise.resolve(checked.earlier) };
    const { id } = checked.prepared.run;
    const storing = this.#storing.get(id);
    if (storing !== undefined) return { stored: this.#theSame(storing, checked.prepared.run) };
    this.placed(Math.max(this.#lastPosition + 1, this.#options.nextPosition()));
    const run: Run = { ...checked.prepared.run, queuePosition: this.#lastPosition };
    const prepared = { ...checked.prepared, run };
    const stored = new Promise<Run>((resolve, reject) => this.#waiting.push({ prepared, resolve, reject }));
    this.#unseen.add(id);
    this.#storing.set(id, stored);
    const over = (): void => void this.#storing.delete(id);
    stored.then(over, over);
    this.#writing ??= this.#writeAll();
    return { stored };
  }

  async #writeAll(): Promise<void> {
    // Calls of the same turn go together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, largestBatch));
    this.#writing = undefined;
  }

  async #write(batch: readonly Submission[]): Promise<void> {
    const { parts, sessionId } = this.#options;
    // Before it is stored: from then on somebody may start it.
    for (const { prepared } of batch) {
      parts.operations.waiting.keep(prepared);
      this.#kept.add(prepared.run.id);
    }
    try {
      await writeQueued(
        parts.environment,
        sessionId,
        batch.map(({ prepared }) => prepared.run),
      );
      for (const { prepared, resolve } of batch) resolve(prepared.run);
    } catch (thrown) {
      // One of them must not keep the others out.
      if (batch.length > 1) for (const one of batch) await this.#write([one]);
      else for (const one of batch) await this.#refuse(one, thrown);
    }
  }

  async #refuse({ prepared, resolve, reject }: Submission, thrown: unknown): Promise<void> {
    this.#unseen.delete(prepared.run.id);
    this.ended(prepared.run.id);
    if (!hasErrorCode(thrown, 'already_exists')) {
      reject(thrown);
      return;
    }
    // Somebody else was faster with the same key.
    const earlier = earlierRun(this.#options.parts.environment, prepared.run);
    await earlier.then((run) => (run === undefined ? reject(thrown) : resolve(run)), reject);
  }

  /** The run of a call with the same key that was made just before. */
  async #theSame(storing: Promise<Run>, run: Run): Promise<Run> {
    const first = await storing;
    return (await earlierRun(this.#options.parts.environment, run)) ?? first;
  }
}

/** The error for a queue that has no place left. */
export function queueFull(sessionId: SessionId, limit: number): AsmError {
  return new AsmError(
    'max_queued_runs_exceeded',
    `The queue of session ${sessionId} is full: ${limit} runs wait. Submit again when some have ended.`,
    { details: { sessionId, limit } },
  );
}
