import type { Clock } from '../../domain/clock.ts';
import type { SessionId } from '../../domain/id.ts';
import { keyLifetime } from '../contract/change-fingerprint.ts';

/** What a commit with a key did. */
export interface KeyedOutcome {
  readonly fingerprint: string;
  /** Number of its first event; where it had none, of the event that came next. */
  readonly firstSeq: number;
  readonly count: number;
}

/** The idempotency keys of the last 7 days. */
export class KeyTable {
  readonly #clock: Clock;
  /** In the order of their commits, so that the oldest are found in front. */
  readonly #outcomes = new Map<string, KeyedOutcome & { readonly time: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(sessionId: SessionId, key: string): KeyedOutcome | undefined {
    const outcome = this.#outcomes.get(place(sessionId, key));
    return outcome === undefined || this.#isExpired(outcome) ? undefined : outcome;
  }

  /** Notes an outcome and forgets those whose time is over. */
  add(sessionId: SessionId, key: string, outcome: KeyedOutcome): void {
    for (const [oldest, { time }] of this.#outcomes) {
      if (!this.#isExpired({ time })) break;
      this.#outcomes.delete(oldest);
    }
    this.#outcomes.delete(place(sessionId, key));
    this.#outcomes.set(place(sessionId, key), { ...outcome, time: this.#clock.now() });
  }

  #isExpired({ time }: { readonly time: number }): boolean {
    return this.#clock.now() - time >= keyLifetime;
  }
}

/** Ids of sessions have no space. */
function place(sessionId: SessionId, key: string): string {
  return `${sessionId} ${key}`;
}
