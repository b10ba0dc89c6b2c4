import { join } from 'node:path';
import type { SessionId } from '../src/domain/id.ts';
import { decodeEvent } from '../src/domain/stored-event.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { addSession } from '../src/testing/store-contract/sample-rows.ts';
import type { Benchmark, BenchmarkRow } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { atLeast, below } from './support/goal.ts';
import { interleavedRates, type InterleavedRates, type Work } from './support/interleaved-rates.ts';
import type { PeerStore } from './support/peer-store.ts';
import { eventSource, fillSession } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Pages of 100 decoded events after a cursor anywhere in sessions of several lengths, in one file. */
export const pageBenchmark: Benchmark = {
  name: 'page-100',
  goal: 'at least 75 % of the bare read plus JSON.parse, at least 4,000 pages/s; 1 M events within 1.3 times of 10 k',
  async run({ quick, timing, peers }) {
    const lengths = quick ? [1000, 10_000] : [10_000, 100_000, 1_000_000];
    const [shortest = 0] = lengths;
    using folder = scratchFolder();
    using bare = new BareDriver(join(folder.path, 'bare.db'));
    await using store = await sqliteStore(join(folder.path, 'ours.db'));
    using peer = peers?.open(join(folder.path, 'peer.db'));
    const works: Record<string, Work> = {};
    for (const length of lengths) {
      const sessionId = await addSession(store, `long${length}`);
      await fillSession(store, sessionId, length);
      fillBare(bare, sessionId, length);
      const cursor = cursors(length);
      works[`bare ${length}`] = () => expectPage(bare.page(sessionId, cursor()));
      works[`ours ${length}`] = async () => {
        const { events } = await store.events({ sessionId, after: cursor(), limit: 100 });
        return expectPage(events.map(decodeEvent).length);
      };
    }
    if (peer !== undefined) {
      await fillPeer(peer, shortest);
      const cursor = cursors(shortest);
      works['peer'] = async () => expectPage(await peer.page('long', cursor()));
    }
    const rates = await interleavedRates(works, timing);
    return lengths.map((length) => ({
      ...rowOf(rates, length, shortest),
      ...(peers === undefined || length !== shortest
        ? {}
        : { peer: { name: peers.name, figure: rates.rate('peer') } }),
    }));
  },
};

function rowOf(rates: InterleavedRates<string>, length: number, shortest: number): BenchmarkRow {
  const ours = `ours ${length}`;
  const ratio = rates.ratio(ours, `bare ${length}`);
  const slowdown = rates.ratio(`ours ${shortest}`, ours);
  const goals = [atLeast(ratio, 0.75, 'of the limit'), atLeast(rates.rate(ours), 4000, 'pages/s')];
  if (length === 1_000_000) goals.push(below(slowdown, 1.3, 'times the time of 10 k'));
  return {
    name: `session of ${length.toLocaleString('en')} events`,
    figure: rates.rate(ours),
    unit: 'pages/s',
    limit: { name: 'bare read and JSON.parse', figure: rates.rate(`bare ${length}`) },
    ratio,
    goals,
    details: { range: rates.range(ours), slowdown: Number(slowdown.toFixed(2)) },
  };
}

/** Cursors all over a session, none of them so late that a page would be short. */
function cursors(length: number): () => number {
  let given = 0;
  return () => (++given * 7919) % (length - 100);
}

function expectPage(events: number): number {
  if (events !== 100) throw new RangeError(`A page has ${events} events instead of 100.`);
  return 1;
}

function fillBare(bare: BareDriver, sessionId: SessionId, length: number): void {
  const next = eventSource();
  const names = Array.from({ length: 1000 }, () => sessionId);
  for (let done = 0; done < length; done += 1000) bare.append(names, next);
}

async function fillPeer(peer: PeerStore, length: number): Promise<void> {
  const next = eventSource();
  for (let done = 0; done < length; done += 1000) {
    await peer.append('long', Array.from({ length: 1000 }, next));
  }
}
