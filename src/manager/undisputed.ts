import { hasErrorCode } from '../domain/error.ts';

/**
 * How often a decision is made again when somebody else was faster: each time another change of theirs was
 * stored, so that many processes which write the same row at once take turns, and none of them gives up.
 */
const maximumTries = 100;

/**
 * Does work that reads rows and commits what follows from them; does all of it again when the rows were
 * changed meanwhile. Rejects with the `conflict` of the hundredth try.
 */
export async function untilUndisputed<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (thrown) {
      if (tries >= maximumTries || !hasErrorCode(thrown, 'conflict')) throw thrown;
    }
  }
}
