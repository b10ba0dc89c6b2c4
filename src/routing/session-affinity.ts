import type { Clock } from '../domain/clock.ts';
import type { SessionId } from '../domain/id.ts';

/** Most sessions that are remembered; the one that was used longest ago is forgotten first. */
const maximumSessions = 10_000;

/** Remembers for a time which provider did a session's last run. */
export class SessionAffinity {
  readonly #clock: Clock;
  readonly #lifetime: number;
  readonly #places = new Map<SessionId, { readonly provider: string; readonly until: number }>();

  /** `lifetime` in milliseconds; 0: nothing is remembered. */
  constructor(clock: Clock, lifetime: number) {
    this.#clock = clock;
    this.#lifetime = lifetime;
  }

  of(sessionId: SessionId): string | undefined {
    const place = this.#places.get(sessionId);
    if (place === undefined) return undefined;
    if (place.until > this.#clock.monotonic()) return place.provider;
    this.#places.delete(sessionId);
    return undefined;
  }

  remember(sessionId: SessionId, provider: string): void {
    if (this.#lifetime <= 0) return;
    this.#places.delete(sessionId);
    this.#places.set(sessionId, { provider, until: this.#clock.monotonic() + this.#lifetime });
    const [oldest] = this.#places.keys();
    if (this.#places.size > maximumSessions && oldest !== undefined) this.#places.delete(oldest);
  }
}
