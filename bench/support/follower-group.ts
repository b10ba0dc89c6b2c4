import { createHistogram } from 'node:perf_hooks';
import type { LogEvent } from '../../src/domain/event.ts';

/** Followers of one session that note how long each event took to reach them. */
export interface FollowerGroup extends AsyncDisposable {
  /** Says that the session's next event is sent at this time. Only the group's owner may write to the session. */
  sent(time: number): void;
  /** Resolves when every follower has this many events. Rejects after a minute. */
  received(events: number): Promise<void>;
  /** Milliseconds, over all events and followers. */
  percentile(percent: number): number;
  /** Events that did not have the number after the one before them. */
  readonly irregular: number;
}

/**
 * Resolves when all followers wait at the end of the log, whose newest event has the number `latestSeq`.
 * `read` gives what comes after that. Disposing ends them.
 */
export async function startFollowers(
  count: number,
  latestSeq: number,
  read: (signal: AbortSignal) => AsyncIterable<LogEvent>,
): Promise<FollowerGroup> {
  const times: number[] = [];
  const delays = createHistogram();
  const ending = new AbortController();
  let deliveries = 0;
  let irregular = 0;
  const readAll = async (): Promise<void> => {
    let before = latestSeq;
    for await (const event of read(ending.signal)) {
      if (event.seq !== before + 1) irregular++;
      before = event.seq;
      const delay = performance.now() - (times[event.seq - latestSeq - 1] ?? Number.NaN);
      delays.record(Math.max(1, Math.round(delay * 1e6)));
      deliveries++;
    }
  };
  const followers = Array.from({ length: count }, () => readAll().catch(rethrowUnless(ending.signal)));
  // All have read the log's end when others that joined after them have.
  await new Promise((resolve) => setTimeout(resolve, 50 + count / 2));

  return {
    sent: (time) => void times.push(time),
    async received(events) {
      const deadline = performance.now() + 60_000;
      while (deliveries < events * count) {
        if (performance.now() > deadline) {
          throw new Error(`Of ${events * count} deliveries ${deliveries} came in a minute.`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    percentile: (percent) => delays.percentile(percent) / 1e6,
    get irregular() {
      return irregular;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(followers);
    },
  };
}

function rethrowUnless(ending: AbortSignal): (thrown: unknown) => void {
  return (thrown) => {
    if (!ending.aborted) throw thrown;
  };
}
