import type { RunId, SessionId } from '../../domain/id.ts';
import type { NewEvent, StoredEvent } from '../../domain/stored-event.ts';
import type { EventRange } from '../contract/query-validation.ts';

/**
 * One session's events, by column: an event costs its payload text and seven array cells, about 60
 * bytes, where an object each would cost three times that.
 */
export class EventLog {
  readonly #sessionId: SessionId;
  readonly #types: string[] = [];
  readonly #times: number[] = [];
  readonly #payloads: string[] = [];
  readonly #positions: number[] = [];
  readonly #runIds: (RunId | undefined)[] = [];
  readonly #attempts: (number | undefined)[] = [];
  readonly #providers: (string | undefined)[] = [];
  /** Callers may bring an equal text anew with each event; one of each is kept. */
  readonly #texts = new Map<string, string>();
  readonly #knownRunIds = new Map<RunId, RunId>();

  constructor(sessionId: SessionId) {
    this.#sessionId = sessionId;
  }

  /** Number of the newest event; 0 in an empty log. */
  get latestSeq(): number {
    return this.#payloads.length;
  }

  /** Adds an event under the next number. */
  append(event: NewEvent, position: number): void {
    this.#types.push(kept(this.#texts, event.type));
    this.#times.push(event.time);
    this.#payloads.push(event.payload);
    this.#positions.push(position);
    this.#runIds.push(event.runId === undefined ? undefined : kept(this.#knownRunIds, event.runId));
    this.#attempts.push(event.attempt);
    this.#providers.push(event.provider === undefined ? undefined : kept(this.#texts, event.provider));
  }

  /** The event with a number that the log has. */
  event(seq: number): StoredEvent {
    const index = seq - 1;
    const position = this.#positions[index];
    const type = this.#types[index];
    const time = this.#times[index];
    const payload = this.#payloads[index];
    if (position === undefined || type === undefined || time === undefined || payload === undefined) {
      throw new RangeError(`The log has no event ${seq}.`);
    }
    const runId = this.#runIds[index];
    const attempt = this.#attempts[index];
    const provider = this.#providers[index];
    return Object.freeze({
      sessionId: this.#sessionId,
      seq,
      position,
      type,
      time,
      payload,
      ...(runId === undefined ? {} : { runId }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(provider === undefined ? {} : { provider }),
    });
  }

  /** The events numbered from `first`, in order. */
  slice(first: number, count: number): readonly StoredEvent[] {
    return Object.freeze(Array.from({ length: count }, (_, offset) => this.event(first + offset)));
  }

  /** True if the event passes the filters, without making an object of it. */
  matches(seq: number, filter: Partial<Pick<EventRange, 'types' | 'runId' | 'since'>>): boolean {
    const index = seq - 1;
    const { types, runId, since } = filter;
    return (
      (types === undefined || types.has(this.#types[index] ?? '')) &&
      (runId === undefined || this.#runIds[index] === runId) &&
      (since === undefined || (this.#times[index] ?? 0) >= since)
    );
  }
}

function kept<Text extends string>(texts: Map<Text, Text>, text: Text): Text {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, text);
  return text;
}
