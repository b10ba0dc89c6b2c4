import type { EventType, LogEvent } from '../domain/event.ts';
import { isTerminalRunEvent } from '../domain/event.ts';
import { brandId, type RunId, type SessionId } from '../domain/id.ts';
import type { EventLog } from '../manager/event-log.ts';
import type { CallOptions } from '../ports/session-store.ts';

/** What can be asked of sessions and runs. */
export const controlOperations = [
  'cancel',
  'interrupt',
  'steer',
  'move',
  'pause',
  'resume',
  'complete_session',
  'fail_session',
  'cancel_session',
] as const;
export type ControlOperation = (typeof controlOperations)[number];

/**
 * What an operation came to. `done`: it happened. `refused`: the agent, or its provider, did not take it.
 * `too_late`: the run ended otherwise first. `open`: that is not known yet.
 */
export type ControlOutcome = 'done' | 'refused' | 'too_late' | 'open';

/** One thing that was asked of a session or a run of it. */
export interface ControlRecord {
  readonly operation: ControlOperation;
  /** Of the event that tells of it. */
  readonly seq: number;
  /** When it was asked, milliseconds since 1970. */
  readonly time: number;
  readonly runId?: RunId;
  /** Who asked, if that was said. */
  readonly by?: string;
  /** Why it was asked. */
  readonly reason?: string;
  readonly outcome: ControlOutcome;
  /** Why it was refused. */
  readonly refusal?: string;
  /** When the outcome was known, milliseconds since 1970. */
  readonly settledAt?: number;
}

export interface ControlHistoryQuery extends CallOptions {
  /** Only what was asked after this `seq`. Default 0. */
  readonly after?: number;
  /** The most records: 1 to 1,000, default 100. */
  readonly limit?: number;
}

/** A page of what was asked. */
export interface ControlHistory {
  readonly records: readonly ControlRecord[];
  /** `after` of the next page. */
  readonly cursor: number;
  readonly hasMore: boolean;
}

const readEvents = [
  'run_cancel_requested',
  'run_interrupt_requested',
  'run_interrupted',
  'run_steer_requested',
  'run_steered',
  'run_moved',
  'run_completed',
  'run_failed',
  'run_cancelled',
  'run_timed_out',
  'session_paused',
  'session_resumed',
  'session_completed',
  'session_failed',
  'session_cancelled',
] as const satisfies readonly EventType[];

/** Reads what was asked off a session's log, and on until it is known what that came to. */
export async function readControlHistory(
  log: EventLog,
  sessionId: SessionId,
  { after = 0, limit = 100, signal }: ControlHistoryQuery = {},
): Promise<ControlHistory> {
  const call = signal === undefined ? {} : { signal };
  const reader = new HistoryReader(Math.min(Math.max(1, limit), 1_000));
  let cursor = after;
  let hasMore = true;
  while (hasMore && !reader.isDone) {
    const page = await log.page({ sessionId, after: cursor, types: readEvents, limit: 1_000 }, call);
    for (const event of page.events) reader.take(event);
    cursor = page.scannedTo;
    ({ hasMore } = page);
  }
  await reader.close(async (runId, time) => {
    const run = await log.store.run(runId, call);
    return run?.endedAt !== undefined && run.endedAt <= time;
  });
  const { records } = reader;
  return { records, cursor: records.at(-1)?.seq ?? after, hasMore: reader.sawMore };
}

/** A record whose outcome is still to be read. */
type OpenRecord = { -readonly [Field in keyof ControlRecord]: ControlRecord[Field] } & {
  requestId?: string;
};

class HistoryReader {
  readonly #limit: number;
  readonly #records: OpenRecord[] = [];
  readonly #open = new Set<OpenRecord>();
  #sawMore = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get records(): readonly ControlRecord[] {
    return this.#records.map(({ requestId: _internal, ...record }) => record);
  }

  get sawMore(): boolean {
    return this.#sawMore;
  }

  /** The page is full, the outcomes of all are known, and so is that there is more. */
  get isDone(): boolean {
    return this.#sawMore && this.#open.size === 0;
  }

  /** The log was read to its end: what was asked of a run that had ended before will have no answer. */
  async close(hadEnded: (runId: RunId, time: number) => Promise<boolean>): Promise<void> {
    for (const record of this.#open) {
      if (record.runId === undefined || !(await hadEnded(record.runId, record.time))) continue;
      Object.assign(record, { outcome: 'too_late', settledAt: record.time });
    }
  }

  take(event: LogEvent): void {
    const isAnswer = this.#settle(event);
    const asked = askedBy(event);
    if (asked === undefined || isAnswer) return;
    if (this.#records.length >= this.#limit) {
      this.#sawMore = true;
      return;
    }
    const record: OpenRecord = {
      seq: event.seq,
      time: event.time,
      ...(event.runId === undefined ? {} : { runId: brandId('run', event.runId) }),
      ...asked,
    };
    this.#records.push(record);
    if (record.outcome === 'open') this.#open.add(record);
    else record.settledAt = event.time;
  }

  /** Gives the outcomes that the event tells; true if it told one. */
  #settle(event: LogEvent): boolean {
    let told = false;
    for (const record of this.#open) {
      const answer = answerOf(event, record);
      if (answer === undefined) continue;
      Object.assign(record, answer);
      record.settledAt = event.time;
      this.#open.delete(record);
      told = true;
    }
    return told;
  }
}

type AskedFields = Omit<OpenRecord, 'seq' | 'time' | 'runId'>;

/** What the event says was asked. */
function askedBy(event: LogEvent): AskedFields | undefined {
  switch (event.type) {
    case 'run_cancel_requested': {
      const { requestId, reason, by } = event.data;
      return { operation: 'cancel', outcome: 'open', requestId, ...given({ reason, by }) };
    }
    case 'run_cancelled': {
      // One that an executor writes answers a request, or ends what its own process gave up.
      if (event.data.durationMs !== undefined) return undefined;
      const { reason, by } = event.data;
      return { operation: 'cancel', outcome: 'done', ...given({ reason, by }) };
    }
    case 'run_interrupt_requested': {
      const { requestId, by } = event.data;
      return { operation: 'interrupt', outcome: 'open', requestId, ...given({ by }) };
    }
    case 'run_steer_requested':
      return { operation: 'steer', outcome: 'open', requestId: event.data.requestId };
    case 'run_moved':
      return { operation: 'move', outcome: 'done' };
    case 'session_paused':
      return { operation: 'pause', outcome: 'done', ...given({ by: event.data.by }) };
    case 'session_resumed':
      return { operation: 'resume', outcome: 'done', ...given({ by: event.data.by }) };
    case 'session_completed':
      return { operation: 'complete_session', outcome: 'done' };
    case 'session_failed':
      return { operation: 'fail_session', outcome: 'done', reason: event.data.error.message };
    case 'session_cancelled':
      return { operation: 'cancel_session', outcome: 'done', ...given({ reason: event.data.reason }) };
    default:
      return undefined;
  }
}

/** What the event says about something that was asked before. */
function answerOf(event: LogEvent, record: OpenRecord): Partial<OpenRecord> | undefined {
  if (event.runId === undefined || event.runId !== record.runId) return undefined;
  if (event.type === 'run_interrupted' || event.type === 'run_steered') {
    if (event.data.requestId !== record.requestId) return undefined;
    const { as, reason } = event.data;
    if (as === 'refused') return { outcome: 'refused', ...(reason === undefined ? {} : { refusal: reason }) };
    // That an interrupt was delivered doesn't say yet that the turn was stopped by it.
    return record.operation === 'steer' ? { outcome: 'done' } : undefined;
  }
  if (!isTerminalRunEvent(event)) return undefined;
  const happened =
    record.operation === 'cancel'
      ? event.type === 'run_cancelled'
      : record.operation === 'interrupt' && event.type === 'run_completed' && event.data.interrupted;
  return { outcome: happened ? 'done' : 'too_late' };
}

/** The fields that are there. */
function given(fields: { readonly reason?: string | undefined; readonly by?: string | undefined }): {
  readonly reason?: string;
  readonly by?: string;
} {
  const { reason, by } = fields;
  return { ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
}
