import { join } from 'node:path';
import { EventLog } from '../src/manager/event-log.ts';
import { follow } from '../src/manager/follow.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { addSession } from '../src/testing/store-contract/sample-rows.ts';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { startFollowers } from './support/follower-group.ts';
import { below } from './support/goal.ts';
import { commitAtPace } from './support/paced-commits.ts';
import { quantile } from './support/sample-statistics.ts';
import { eventSource, fillSession } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

interface WakeCase {
  readonly name: string;
  readonly followers: number;
  readonly eventsPerSecond: number;
  /** Events that are in the session before. */
  readonly older: number;
  /** Marks in milliseconds. */
  readonly goals: { readonly p50?: number; readonly p99: number; readonly cores?: number };
}

const cases: readonly WakeCase[] = [
  { name: '1 follower', followers: 1, eventsPerSecond: 100, older: 0, goals: { p50: 1, p99: 5 } },
  {
    name: '1 follower, 1 M older events',
    followers: 1,
    eventsPerSecond: 100,
    older: 1_000_000,
    goals: { p50: 1, p99: 5 },
  },
  {
    name: '100 followers, 1,000 events/s',
    followers: 100,
    eventsPerSecond: 1000,
    older: 0,
    goals: { p99: 5 },
  },
  {
    name: '1,000 followers, 100 events/s',
    followers: 1000,
    eventsPerSecond: 100,
    older: 0,
    goals: { p99: 10 },
  },
  {
    name: '1,000 followers, 1,000 events/s',
    followers: 1000,
    eventsPerSecond: 1000,
    older: 0,
    goals: { p99: 50, cores: 1 },
  },
];

/** From the call of `commit` to each follower of the session having the event, on SQLite. */
export const followWakeBenchmark: Benchmark = {
  name: 'follow-wake',
  goal: '1 follower p50 below 1 ms, p99 below 5 ms; 100 and 1,000 followers by row',
  async run({ quick }) {
    const rows: BenchmarkRow[] = [];
    for (const wake of cases) rows.push(await measure(wake, quick));
    return rows;
  },
};

async function measure({ name, goals, ...wake }: WakeCase, quick: boolean): Promise<BenchmarkRow> {
  const followers = quick ? Math.ceil(wake.followers / 10) : wake.followers;
  const older = quick ? wake.older / 1000 : wake.older;
  const seconds = quick ? 0.2 : 10;
  using folder = scratchFolder();
  await using store = await sqliteStore(join(folder.path, 'ours.db'));
  const sessionId = await addSession(store, 'followed');
  await fillSession(store, sessionId, older);
  const log = new EventLog(store);
  const { latestSeq } = await store.events({ sessionId, limit: 1 });
  await using group = await startFollowers(followers, latestSeq, (signal) =>
    follow(log, sessionId, { after: latestSeq, signal }),
  );
  const next = eventSource();
  const limit = bareTransactions(join(folder.path, 'bare.db'), quick ? 20 : 500);
  const pace = { eventsPerSecond: wake.eventsPerSecond, seconds };
  const { commits, cores } = await commitAtPace(group, pace, () =>
    log.commit({ sessionId, events: [next()] }),
  );

  const [p50, p99] = [group.percentile(50), group.percentile(99)];
  return {
    name,
    figure: p99,
    unit: 'ms (p99)',
    limit: { name: 'bare one-row transaction, p99', figure: limit },
    ratio: p99 / limit,
    goals: [
      below(p99, goals.p99, 'ms at p99'),
      ...(goals.p50 === undefined ? [] : [below(p50, goals.p50, 'ms at p50')]),
      ...(goals.cores === undefined ? [] : [below(cores, goals.cores, 'core')]),
    ],
    details: {
      p50: `${p50.toFixed(3)} ms`,
      cores: cores.toFixed(2),
      followers,
      older,
      deliveries: commits * followers,
    },
  };
}

/** The 99th percentile of the milliseconds that a commit of one row takes without us. */
function bareTransactions(path: string, count: number): number {
  using bare = new BareDriver(path);
  const next = eventSource();
  const times = Array.from({ length: count }, () => {
    const start = performance.now();
    bare.append(['ses_bare'], next);
    return performance.now() - start;
  });
  return quantile(times, 0.99);
}
