import { createHistogram } from 'node:perf_hooks';
import type { SessionId } from '../../src/domain/id.ts';
import type { EventLog } from '../../src/manager/event-log.ts';
import { follow } from '../../src/manager/follow.ts';

/** Followers of one session that note how long each event took to reach them. */
export interface FollowerGroup extends AsyncDisposable {
  /** Says that the session's next event is sent at this time. Only the group's owner may write to the session. */
  sent(time: number): void;
  /** Resolves when every follower has this many events. Rejects after a minute. */
  received(events: number): Promise<void>;
  /** Milliseconds, over all events and followers. */
  percentile(percent: number): number;
}

/** Resolves when all followers wait at the end of the log. Disposing ends them. */
export async function startFollowers(
  log: EventLog,
  sessionId: SessionId,
  count: number,
): Promise<FollowerGroup> {
  const { latestSeq } = await log.store.events({ sessionId, limit: 1 });
  const times: number[] = [];
  const delays = createHistogram();
  const ending = new AbortController();
  let deliveries = 0;
  const readAll = async (): Promise<void> => {
    for await (const event of follow(log, sessionId, { after: latestSeq, signal: ending.signal })) {
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
