import type { SessionId } from '../domain/id.ts';

/**
 * Lets the changes of one session's row that this process makes go one after the other: they would
 * only trip over each other's versions, and after some tries be refused.
 */
export class SessionTurns {
  readonly #last = new Map<SessionId, Promise<void>>();

  /** Does the work once all work for the session that came before is done, well or not. */
  async take<Result>(sessionId: SessionId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(sessionId);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#last.set(sessionId, done);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(sessionId) === done) this.#last.delete(sessionId);
      resolve();
    }
  }
}
