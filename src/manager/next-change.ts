import { orAborted } from '../domain/abort.ts';
import type { SessionId } from '../domain/id.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** A watch that waits for one change of a session, from the moment at which it is made. */
export interface NextChange extends Disposable {
  /** Resolves after the next commit to the session, or after `milliseconds`. Rejects with `cancelled`. */
  wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Begins to watch, so that what happens between a look at the store and the waiting is not missed. */
export function nextChange({ store, log, clock }: ManagerEnvironment, sessionId: SessionId): NextChange {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unwatch = store.watch(sessionId, () => resolve());
  return {
    wait: async (milliseconds, signal) => {
      using _held = log.alive.hold();
      const stopTimer = clock.startTimer(milliseconds, resolve);
      try {
        await orAborted(promise, signal);
      } finally {
        stopTimer();
      }
    },
    [Symbol.dispose]: unwatch,
  };
}
