import { randomUUID } from 'node:crypto';

import { systemClock, type Clock } from '../../domain/clock.ts';
import type { SessionStore } from '../../ports/session-store.ts';
import { eventually } from './expectation.ts';
import type { OpenStore, StoreCase, StoreRoom } from './store-case.ts';

export interface StoreRoomOptions {
  /** Milliseconds within which a wake has to come after its commit; default 8,000. */
  readonly wakeTimeout?: number;
}

/** Runs one case in a room of its own and closes what it opened, also when it fails. */
export async function runStoreCase(
  storeCase: StoreCase,
  openStore: OpenStore,
  options?: StoreRoomOptions,
): Promise<void> {
  await withStoreRoom(openStore, (room) => storeCase.run(room), options);
}

/** Gives a new room to `work` and closes the room's stores when it is done. */
export async function withStoreRoom(
  openStore: OpenStore,
  work: (room: StoreRoom) => Promise<void>,
  { wakeTimeout = 8_000 }: StoreRoomOptions = {},
): Promise<void> {
  const start = Date.UTC(2026, 0, 1);
  let passed = 0;
  // Only wall time is ours: a store may wait for locks and look for foreign commits with timers.
  const clock: Clock = {
    now: () => start + passed,
    monotonic: () => systemClock.monotonic(),
    startTimer: (milliseconds, callback) => systemClock.startTimer(milliseconds, callback),
  };
  const name = `store-${randomUUID()}`;
  const opened: SessionStore[] = [];
  try {
    await work({
      open: async () => {
        const store = await openStore({ name, clock });
        opened.push(store);
        return store;
      },
      now: () => clock.now(),
      passTime: (milliseconds) => {
        passed += milliseconds;
      },
      eventually: (condition, what) => eventually(condition, what, wakeTimeout),
    });
  } finally {
    await Promise.all(opened.map((store) => store[Symbol.asyncDispose]()));
  }
}
