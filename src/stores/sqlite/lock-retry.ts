import { isBusy } from './sqlite-error.ts';

/**
 * Milliseconds to wait before the lock is tried again: random, up to 4. SQLite's own waiting doubles
 * its pauses, so that whoever has waited longest asks least, and starves.
 */
export function lockPause(): number {
  return Math.random() * 4;
}

/**
 * Calls `attempt` until it isn't refused for another's lock, with a pause between the tries, for at
 * most `deadline` milliseconds; then throws the last refusal. Tries at once, and at least once.
 */
export async function retryWhileBusy<Result>(deadline: number, attempt: () => Result): Promise<Result> {
  const end = performance.now() + deadline;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, lockPause());
    });
  }
}
