import type { Clock } from '../../domain/clock.ts';
import type { SessionStore } from '../../ports/session-store.ts';

/** Where a store under test is to be opened. */
export interface StorePlace {
  /** Names the data, in characters that a file name may have: the same name, the same data. */
  readonly name: string;
  /** The clock that decides when leases and keys run out. Its timers are real ones. */
  readonly clock: Clock;
}

/** Opens the store under test; a name that wasn't used before means an empty store. */
export type OpenStore = (place: StorePlace) => SessionStore | Promise<SessionStore>;

/**
 * What a store under test has beyond the port. `clock`: it takes the place's clock. `persistence`:
 * what was closed can be opened again. `sharing`: the same place can be open several times at once.
 */
export type StoreAbility = 'clock' | 'persistence' | 'sharing';

/** Where one case runs: a place of its own, with everything that it opens closed afterwards. */
export interface StoreRoom {
  /** Opens the store of the room; again, with the same data, for stores that can. */
  open(): Promise<SessionStore>;
  /** The wall time of the room, which stands still but for `passTime`. */
  now(): number;
  passTime(milliseconds: number): void;
  /** Waits until the condition holds, as after a wake; fails when that takes longer than a wake may. */
  eventually(condition: () => boolean, what: string): Promise<void>;
}

/** One promise of the port, and how to see whether a store keeps it. */
export interface StoreCase {
  readonly name: string;
  /** Cases that need an ability don't run for stores without it. */
  readonly needs?: readonly StoreAbility[];
  /** Rejects if the promise is broken. */
  run(room: StoreRoom): Promise<void>;
}
