import type { Approval } from '../domain/approval.ts';
import type { Clock } from '../domain/clock.ts';
import { asAsmError, AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { Lease, RowChanges, RowWrite } from '../ports/session-store.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { DeltaJoiner, type DeltaPolicy } from './delta-joiner.ts';
import { DeltaRedaction, isDelta } from './delta-stream.ts';
import type { EventEncoder, EventOrigin } from './event-encoder.ts';
import type { EventLog } from './event-log.ts';

/** Waiting events from which on the provider is not pulled. */
const maximumWaiting = 256;
/** Milliseconds that an event waits for others, unless somebody waits for it. */
const moment = 10;
/** Waiting payload, in UTF-16 units, from which on the provider is not pulled. */
const maximumWaitingPayload = 1_048_576;

export interface RecorderOptions {
  readonly log: EventLog;
  readonly encoder: EventEncoder;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly deltas: DeltaPolicy;
  readonly lease: () => Lease;
  /** The run's row as it was started. */
  readonly run: Run;
  /** Told each event once it is taken in. */
  readonly see: (draft: EventDraft) => void;
  /** Called once, when the log can't be written any more. */
  readonly onFailure: (error: AsmError) => void;
}

/** Rows that are written with events. */
export interface WrittenRows {
  readonly approvals?: readonly RowWrite<Approval>[];
  /** Changes of the run's row. */
  readonly set?: RowChanges<Run>;
}

/** Events that are still to be stored, and what changes of the run's row with them. */
export interface UnwrittenEvents {
  readonly events: readonly NewEvent[];
  readonly set?: RowChanges<Run>;
}

/**
 * Takes in the events of one run and writes them in order: joined, redacted, encoded, and in as few
 * commits as the store's speed allows. At most one commit is under way; what arrives meanwhile goes
 * with the next.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #joiner: DeltaJoiner;
  readonly #redaction: DeltaRedaction;
  #origin: EventOrigin;
  #waiting: NewEvent[] = [];
  #waitingPayload = 0;
  #rowChanges: RowChanges<Run> | undefined;
  /** Only the holder of the lease writes the row: what was written is what is stored. */
  #run: Run;
  /** A write is planned or under way. */
  #writing: Promise<void> | undefined;
  /** Has the planned write begin now. */
  #beginNow: (() => void) | undefined;
  #committing = false;
  #failure: AsmError | undefined;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#run = options.run;
    this.#origin = { runId: options.run.id };
    this.#redaction = new DeltaRedaction(options.redactor);
    this.#joiner = new DeltaJoiner(options.deltas, options.clock, (draft) => {
      const redacted = this.#redaction.push(draft);
      if (redacted !== undefined) this.#take(redacted);
    });
  }

  /** The run's row as it is stored now. */
  get run(): Run {
    return this.#run;
  }

  /** From here on events carry this attempt; open text streams of the one before are ended. */
  startAttempt(attempt: number, provider: string): void {
    this.endAttempt();
    this.#origin = { runId: this.#run.id, attempt, provider };
  }

  endAttempt(): void {
    this.#joiner.flush();
    for (const rest of this.#redaction.endAll()) this.#take(rest);
  }

  /**
   * Takes one event in. Returns a promise when so much waits that the caller should not produce
   * more before it resolves; it never rejects.
   */
  record(draft: EventDraft): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    if (isDelta(draft)) {
      this.#joiner.push(draft);
    } else {
      this.#joiner.flush();
      for (const rest of this.#redaction.endFor(draft)) this.#take(rest);
      this.#take(draft);
    }
    this.#options.see(draft);
    if (this.#waiting.length < maximumWaiting && this.#waitingPayload < maximumWaitingPayload)
      return undefined;
    this.#beginNow?.();
    return this.#writing;
  }

  /** Takes an event in together with changes of the run's row, which are committed with it. */
  recordWithRow(draft: EventDraft, set: RowChanges<Run>): void {
    this.#rowChanges = { ...this.#rowChanges, ...set };
    void this.record(draft);
  }

  /** Changes the run's row with the next write, which comes at once. */
  mark(set: RowChanges<Run>): void {
    if (this.#failure !== undefined || this.#closed) return;
    this.#rowChanges = { ...this.#rowChanges, ...set };
    this.#writing ??= this.#writeAll();
    this.#beginNow?.();
  }

  /**
   * Writes events, approvals and changes of the run's row in a commit of their own, after all that was
   * taken in before. Rejects with what the store says of it. At `conflict`, as for an approval that another has
   * answered, the recorder goes on; anything else is the failure of the log.
   */
  async write(drafts: readonly EventDraft[], rows: WrittenRows): Promise<void> {
    // Another one may have begun a write in the very turn in which the last one ended.
    do await this.flush();
    while (this.#writing !== undefined);
    if (this.#closed) throw new AsmError('cancelled', 'The run has ended.');
    const events = drafts.map((draft) => this.#options.encoder.encode(draft, this.#origin));
    // Whoever flushes or takes an event in meanwhile waits for it.
    const write = this.#commit(events, rows.set, rows.approvals);
    this.#writing = write
      .catch(() => undefined)
      .then(() => (this.#hasUnwritten ? this.#writeAll() : void (this.#writing = undefined)));
    await write.catch((thrown: unknown) => this.#refused(asAsmError(thrown)));
    for (const draft of drafts) this.#options.see(draft);
  }

  /**
   * From here on events are dropped. Gives what is not stored yet, to be written with the run's end;
   * rejects as `flush` does.
   */
  async close(): Promise<UnwrittenEvents> {
    this.endAttempt();
    this.#closed = true;
    const rest = this.#takeWaiting();
    // A write that is only planned finds nothing any more.
    if (this.#committing || this.#failure !== undefined) await this.flush();
    return rest;
  }

  /** From here on nothing is written any more, not even what waits: the run is no longer ours, or its store fails. */
  abandon(error: AsmError): void {
    this.#failure ??= error;
    this.#waiting = [];
    this.#joiner.discard();
  }

  /** The store fails: the run is stopped, and nothing more is written of it here. */
  fail(error: AsmError): void {
    this.abandon(error);
    this.#options.onFailure(error);
  }

  /** Resolves when everything taken in so far is stored; rejects with `storage_unavailable` and the like. */
  async flush(): Promise<void> {
    if (!this.#closed) this.#joiner.flush();
    this.#beginNow?.();
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What nobody else has changed and still can't be written will not be written: whatever its agent makes of that. */
  #refused(error: AsmError): never {
    if (error.code !== 'conflict') this.fail(error);
    throw error;
  }

  #take(draft: EventDraft): void {
    if (this.#failure !== undefined || this.#closed) return;
    const event = this.#options.encoder.encode(draft, this.#origin);
    this.#waiting.push(event);
    this.#waitingPayload += event.payload.length;
    this.#writing ??= this.#writeAll();
  }

  get #hasUnwritten(): boolean {
    return this.#waiting.length > 0 || this.#rowChanges !== undefined;
  }

  async #writeAll(): Promise<void> {
    await this.#planned();
    try {
      while (this.#hasUnwritten && this.#failure === undefined) await this.#writeWaiting();
    } catch (thrown) {
      this.fail(asAsmError(thrown));
    } finally {
      this.#writing = undefined;
    }
  }

  /**
   * Agents often say in several lines what belongs together: a moment's events share a commit, which costs the agent
   * time, too, where it works on the same disk. Also when it is to begin now, the turn that says so goes on first.
   */
  #planned(): Promise<void> {
    return new Promise((resolve) => {
      const begin = (): void => {
        clearTimeout(timer);
        this.#beginNow = undefined;
        setImmediate(resolve);
      };
      const timer = setTimeout(begin, moment);
      this.#beginNow = begin;
    });
  }

  async #writeWaiting(): Promise<void> {
    const { events, set } = this.#takeWaiting();
    await this.#commit(events, set);
  }

  async #commit(
    events: readonly NewEvent[],
    set: RowChanges<Run> | undefined,
    approvals: readonly RowWrite<Approval>[] = [],
  ): Promise<void> {
    const { log, lease } = this.#options;
    const { id, sessionId, version } = this.#run;
    this.#committing = true;
    try {
      const { runs } = await log.commit({
        sessionId,
        lease: { runId: id, token: lease().token },
        events,
        ...(set === undefined ? {} : { runs: [{ id, expectedVersion: version, set }] }),
        ...(approvals.length === 0 ? {} : { approvals }),
      });
      [this.#run = this.#run] = runs;
    } finally {
      this.#committing = false;
    }
  }

  #takeWaiting(): UnwrittenEvents {
    const events = this.#waiting;
    const set = this.#rowChanges;
    this.#waiting = [];
    this.#waitingPayload = 0;
    this.#rowChanges = undefined;
    return { events, ...(set === undefined ? {} : { set }) };
  }
}
