import { AsmError, isAsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import type { RunInput } from '../domain/message.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import type { PreparedRun } from '../manager/run-executor.ts';
import type { RunOptions } from '../manager/run-options.ts';
import { writeQueued } from '../manager/run-queueing.ts';
import { findRun } from '../manager/run-wait.ts';

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
  #writing = false;
  #lastPosition = Number.NEGATIVE_INFINITY;
  /** Settles when all calls so far have their place. */
  #before: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  /** Changes that are stored but not yet told by the log: the number of the last event, and of the runs. */
  #untold: readonly { readonly seq: number; readonly runs: number }[] = [];

  constructor(options: RunSubmissionOptions) {
    this.#options = options;
  }

  /** Runs that the log has not told yet. */
  get inFlight(): number {
    return this.#untold.reduce((sum, { runs }) => sum + runs, this.#inFlight);
  }

  /** The log was read to here. */
  told(seq: number): void {
    if (this.#untold.length > 0) this.#untold = this.#untold.filter((change) => change.seq > seq);
  }

  /** Resolves with the run once it is stored. */
  async submit(input: RunInput, options: RunOptions): Promise<Run> {
    const { parts, sessionId } = this.#options;
    this.#inFlight++;
    try {
      // Checked at once, but placed in the order of the calls: some checks take longer than others.
      const checking = parts.operations.prepareQueued(sessionId, input, options);
      checking.catch(() => undefined);
      const placing = this.#before.then(() => checking).then((checked) => this.#place(checked));
      this.#before = placing.catch(() => undefined);
      return await (
        await placing
      ).stored;
    } finally {
      this.#inFlight--;
    }
  }

  /** Wrapped, so that the next call needn't wait until this one is stored. */
  #place(checked: { readonly prepared: PreparedRun } | { readonly earlier: Run }): {
    readonly stored: Promise<Run>;
  } {
    if ('earlier' in checked) return { stored: Promise.resolve(checked.earlier) };
    const position = Math.max(this.#lastPosition + 1, this.#options.nextPosition());
    this.#lastPosition = position;
    const run: Run = { ...checked.prepared.run, queuePosition: position };
    const prepared = { ...checked.prepared, run };
    const stored = new Promise<Run>((resolve, reject) => this.#waiting.push({ prepared, resolve, reject }));
    if (!this.#writing) void this.#writeAll();
    return { stored };
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    // Calls of the same turn go together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, largestBatch));
    this.#writing = false;
  }

  async #write(batch: readonly Submission[]): Promise<void> {
    const { parts, sessionId } = this.#options;
    // Before it is stored: from then on somebody may start it.
    for (const { prepared } of batch) parts.operations.remember(prepared);
    try {
      const runs = batch.map(({ prepared }) => prepared.run);
      const { latestSeq } = await writeQueued(parts.environment, sessionId, runs);
      this.#untold = [...this.#untold, { seq: latestSeq, runs: runs.length }];
      for (const { prepared, resolve } of batch) resolve(prepared.run);
    } catch (thrown) {
      // One of them must not keep the others out.
      if (batch.length > 1) for (const one of batch) await this.#write([one]);
      else for (const one of batch) await this.#refuse(one, thrown);
    }
  }

  async #refuse({ prepared, resolve, reject }: Submission, thrown: unknown): Promise<void> {
    const isThere = isAsmError(thrown) && thrown.code === 'already_exists';
    if (!isThere || prepared.options.key === undefined) {
      this.#options.parts.operations.forget(prepared.run.id);
      reject(thrown);
      return;
    }
    // Somebody else was faster with the same key.
    await findRun(this.#options.parts.environment, prepared.run.id).then(resolve, reject);
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
