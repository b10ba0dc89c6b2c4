import { casesFor } from './session-store-cases.ts';
import type { OpenStore, StoreAbility } from './store-case.ts';
import { runStoreModel } from './store-model-run.ts';
import { runStoreCase, type StoreRoomOptions } from './store-room.ts';

/** The functions of a test runner; those of vitest and of `node:test` fit. */
export interface StoreTestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, options: { readonly timeout: number }, run: () => Promise<void>): unknown;
}

export interface SessionStoreTestOptions extends StoreTestRunner, StoreRoomOptions {
  /** What the store has beyond the port; default: it takes the clock, nothing else. */
  readonly abilities?: readonly StoreAbility[];
  /** Milliseconds that one case may take; default 30,000. */
  readonly timeout?: number;
}

/**
 * Registers the contract of `SessionStore` with a test runner, one test per promise:
 * `testSessionStore('mine', ({ name, clock }) => myStore(name, { clock }), { describe, it })`.
 * `openStore` gets a name that wasn't used before for each case; what it opened is closed when the
 * case ends.
 */
export function testSessionStore(name: string, openStore: OpenStore, options: SessionStoreTestOptions): void {
  const { abilities = ['clock'], timeout = 30_000 } = options;
  options.describe(`${name} keeps the contract of session stores`, () => {
    for (const storeCase of casesFor(abilities)) {
      options.it(storeCase.name, { timeout }, () => runStoreCase(storeCase, openStore, options));
    }
  });
}

export interface SessionStoreModelOptions extends StoreTestRunner {
  /** One history each; default 1 to 20. A failure names its seed. */
  readonly seeds?: readonly number[];
  /** Groups of calls per history; default 60. */
  readonly steps?: number;
  /** Milliseconds that one history may take; default 30,000. */
  readonly timeout?: number;
}

/**
 * Registers random histories with a test runner, each compared call by call with a model of the
 * port. The store must take the clock that it is given.
 */
export function testSessionStoreModel(
  name: string,
  openStore: OpenStore,
  options: SessionStoreModelOptions,
): void {
  const {
    seeds = Array.from({ length: 20 }, (_, index) => index + 1),
    steps = 60,
    timeout = 30_000,
  } = options;
  options.describe(`${name} does what the model of session stores does`, () => {
    for (const seed of seeds) {
      options.it(`in the random history of seed ${seed}`, { timeout }, () =>
        runStoreModel(openStore, { seed, steps }),
      );
    }
  });
}
