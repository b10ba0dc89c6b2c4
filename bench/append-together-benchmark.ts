import { join } from 'node:path';
import type { SessionId } from '../src/domain/id.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';
import { addSessions, eventSource } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const writers = 64;
/** Commits of one writer, one after the other, in one piece of work. */
const perWriter = 20;

/** 64 writers on as many sessions, each awaiting its own commits: what sharing one transaction gives. */
export const appendTogetherBenchmark: Benchmark = {
  name: 'append-64',
  goal: 'at least 65 % (with keys 40 %) of bare transactions of 64 rows, and 50,000 events/s',
  async run({ timing, peers }) {
    using folder = scratchFolder();
    using bare = new BareDriver(join(folder.path, 'bare.db'));
    await using store = await sqliteStore(join(folder.path, 'ours.db'));
    using peer = peers?.open(join(folder.path, 'peer.db'));
    const sessions = await addSessions(store, writers);
    const next = eventSource();
    let keys = 0;
    const together = async (write: (session: SessionId) => Promise<unknown>): Promise<number> => {
      await Promise.all(
        sessions.map(async (session) => {
          for (let count = 0; count < perWriter; count++) await write(session);
        }),
      );
      return writers * perWriter;
    };
    const rates = await interleavedRates<'bare' | 'plain' | 'keyed' | 'peer'>(
      {
        bare: () => {
          bare.append(sessions, next);
          return writers;
        },
        plain: () => together((sessionId) => store.commit({ sessionId, events: [next()] })),
        keyed: () =>
          together((sessionId) => store.commit({ sessionId, events: [next()], key: `key ${keys++}` })),
        ...(peer === undefined ? {} : { peer: () => together((session) => peer.append(session, [next()])) }),
      },
      timing,
    );
    const rowOf = (name: string, work: 'plain' | 'keyed', share: number): BenchmarkRow => {
      const ratio = rates.ratio(work, 'bare');
      const goals = [atLeast(ratio, share, 'of the limit')];
      if (work === 'plain') goals.push(atLeast(rates.rate(work), 50_000, 'events/s'));
      return {
        name,
        figure: rates.rate(work),
        unit: 'events/s',
        limit: { name: 'bare driver, transactions of 64 rows', figure: rates.rate('bare') },
        ratio,
        ...(peers === undefined ? {} : { peer: { name: peers.name, figure: rates.rate('peer') } }),
        goals,
        details: { range: rates.range(work) },
      };
    };
    return [
      rowOf('64 writers, 64 sessions', 'plain', 0.65),
      rowOf('64 writers, 64 sessions, with keys', 'keyed', 0.4),
    ];
  },
};
