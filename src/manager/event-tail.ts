import { AsmError } from '../domain/error.ts';
import type { LogEvent } from '../domain/event.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { decodeEvent, type StoredEvent } from '../domain/stored-event.ts';
import type { EventQuery } from '../ports/session-store.ts';

/** Bounds of what tails keep in memory. */
export interface TailLimits {
  /** Events of one session. Default 256. */
  readonly events: number;
  /** Payload of one session in UTF-16 units. Default 1 Mi. */
  readonly payload: number;
  /** Payload of all sessions together. Default 64 Mi. */
  readonly totalPayload: number;
}

/** Throws `invalid_input` or `unknown_option` for what types alone can't keep out. */
export function checkTailLimits(limits: Partial<TailLimits> = {}): void {
  assertOptionNames('`tail`', limits, Object.keys(defaultTailLimits));
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    throw new AsmError('invalid_input', `\`tail.${name}\` is a whole number from 0, not ${String(value)}.`);
  }
}

export const defaultTailLimits: TailLimits = { events: 256, payload: 2 ** 20, totalPayload: 2 ** 26 };

/** What all tails of a manager hold together. */
export interface TailBudget {
  used: number;
}

interface TailEntry {
  readonly stored: StoredEvent;
  event: LogEvent | undefined;
}

/** What a page of decoded events looks like. */
export interface TailPage {
  readonly events: readonly LogEvent[];
  readonly scannedTo: number;
}

/**
 * The newest committed events of one session, without gaps, each decoded once for all its readers.
 * It only saves work: whatever it doesn't hold is read from the store.
 */
export class EventTail {
  readonly #limits: TailLimits;
  readonly #budget: TailBudget;
  #entries: TailEntry[] = [];
  #payload = 0;
  #lastSeq: number;

  /** `lastSeq` is where the tail begins: it will hold events after it. */
  constructor(lastSeq: number, limits: TailLimits, budget: TailBudget) {
    this.#lastSeq = lastSeq;
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Number of the newest event that the tail knows of. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes in events that follow on; false if one is missing before them. Repeats are skipped. */
  append(events: readonly StoredEvent[]): boolean {
    for (const stored of events) {
      if (stored.seq <= this.#lastSeq) continue;
      if (stored.seq !== this.#lastSeq + 1) return false;
      this.#lastSeq = stored.seq;
      this.#entries.push({ stored, event: undefined });
      this.#add(stored.payload.length);
    }
    this.#shrink();
    return true;
  }

  /** The events after `query.after`; `undefined` when the tail begins later than that. */
  read(query: EventQuery): TailPage | undefined {
    const after = query.after ?? 0;
    const start = this.#entries.length - (this.#lastSeq - after);
    if (start < 0) return undefined;
    const limit = query.limit ?? 100;
    const events: LogEvent[] = [];
    let scannedTo = after;
    for (let index = start; index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry === undefined || events.length >= limit) break;
      scannedTo = entry.stored.seq;
      if (!matches(entry.stored, query)) continue;
      entry.event ??= decodeEvent(entry.stored);
      events.push(entry.event);
    }
    return { events, scannedTo };
  }

  /** Forgets everything and gives its share of the budget back. */
  clear(): void {
    this.#entries = [];
    this.#add(-this.#payload);
  }

  #shrink(): void {
    let drop = 0;
    const { events, payload, totalPayload } = this.#limits;
    while (drop < this.#entries.length) {
      const over =
        this.#entries.length - drop > events || this.#payload > payload || this.#budget.used > totalPayload;
      if (!over) break;
      this.#add(-(this.#entries[drop]?.stored.payload.length ?? 0));
      drop++;
    }
    if (drop > 0) this.#entries = this.#entries.slice(drop);
  }

  #add(payload: number): void {
    this.#payload += payload;
    this.#budget.used += payload;
  }
}

function matches(event: StoredEvent, query: EventQuery): boolean {
  if (query.runId !== undefined && event.runId !== query.runId) return false;
  if (query.since !== undefined && event.time < query.since) return false;
  return query.types === undefined || query.types.some((type) => type === event.type);
}
