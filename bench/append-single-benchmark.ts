import { join } from 'node:path';
import { brandId } from '../src/domain/id.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import type { Benchmark, BenchmarkOptions, BenchmarkRow } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';
import { addSessions, eventSource } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** One writer that awaits each event: what a lone commit costs. */
export const appendSingleBenchmark: Benchmark = {
  name: 'append-single',
  goal: 'SQLite: at least 70 % of the bare driver’s one-row transactions',
  run: async (options) => [await onSqlite(options), await inMemory(options)],
};

async function onSqlite({ timing, peers }: BenchmarkOptions): Promise<BenchmarkRow> {
  using folder = scratchFolder();
  using bare = new BareDriver(join(folder.path, 'bare.db'));
  await using store = await sqliteStore(join(folder.path, 'ours.db'));
  using peer = peers?.open(join(folder.path, 'peer.db'));
  const [sessionId = brandId('session', '')] = await addSessions(store, 1);
  const next = eventSource();
  const rates = await interleavedRates<'bare' | 'ours' | 'peer'>(
    {
      bare: () => {
        bare.append([sessionId], next);
        return 1;
      },
      ours: async () => {
        await store.commit({ sessionId, events: [next()] });
        return 1;
      },
      ...(peer === undefined
        ? {}
        : {
            peer: async (): Promise<number> => {
              await peer.append(sessionId, [next()]);
              return 1;
            },
          }),
    },
    timing,
  );
  const ratio = rates.ratio('ours', 'bare');
  return {
    name: 'SQLite, one awaited event per commit',
    figure: rates.rate('ours'),
    unit: 'events/s',
    limit: { name: 'bare driver, one-row transactions', figure: rates.rate('bare') },
    ratio,
    ...(peers === undefined ? {} : { peer: { name: peers.name, figure: rates.rate('peer') } }),
    goals: [atLeast(ratio, 0.7, 'of the limit')],
    details: { range: rates.range('ours') },
  };
}

async function inMemory({ timing }: BenchmarkOptions): Promise<BenchmarkRow> {
  await using store = memoryStore();
  const [sessionId = brandId('session', '')] = await addSessions(store, 1);
  const next = eventSource();
  // Bounded, or long turns would fill the memory of the machine.
  const array: object[] = [];
  const rates = await interleavedRates(
    {
      array: async () => {
        for (let count = 0; count < 1000; count++) {
          if (array.length >= 100_000) array.length = 0;
          array.push({ seq: array.length + 1, ...(await Promise.resolve(next())) });
        }
        return 1000;
      },
      ours: async () => {
        for (let count = 0; count < 100; count++) await store.commit({ sessionId, events: [next()] });
        return 100;
      },
    },
    timing,
  );
  return {
    name: 'memory, one awaited event per commit',
    figure: rates.rate('ours'),
    unit: 'events/s',
    limit: { name: 'awaited push into an array', figure: rates.rate('array') },
    ratio: rates.ratio('ours', 'array'),
    details: { range: rates.range('ours') },
  };
}
