import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSessionManager, type SessionManager } from '../src/manager/session-manager.ts';
import { partsOf } from '../src/manager/manager-parts.ts';
import { createSessionServer } from '../src/runtime/session-server.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../src/testing/scripted-provider/scripted-provider.ts';
import type { Benchmark, BenchmarkRow, Timing } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { startFollowers } from './support/follower-group.ts';
import { atLeast, below } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';
import { commitAtPace } from './support/paced-commits.ts';
import { eventSource } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Queued runs in one piece of work. */
const queued = 200;

/** Of what one session server does: runs from the submission to the end, memory, and subscriptions. */
export const sessionServerBenchmark: Benchmark = {
  name: 'session-server',
  goal: '200 queued runs at 37.5 % of bare commits; 1,000 idle below 20 MB; 1,000 subscribers p99 below 50 ms; growth below 5 MB',
  async run({ quick, timing }) {
    return [
      ...(await queuedRuns(quick ? 20 : queued, timing)),
      idleServers(quick ? 20 : 1000),
      await subscribers(quick),
      growth(quick ? [200, 600] : [10_000, 100_000]),
    ];
  },
};

async function queuedRuns(count: number, timing: Timing): Promise<readonly BenchmarkRow[]> {
  using folder = scratchFolder();
  using bare = new BareDriver(join(folder.path, 'bare.db'));
  const providers = [scriptedProvider([])];
  await using manager = await createSessionManager({
    store: sqliteStore(join(folder.path, 'ours.db')),
    providers,
  });
  await using inMemory = await createSessionManager({ store: memoryStore(), providers });
  const next = eventSource();
  const rates = await interleavedRates<'bare' | 'together' | 'single' | 'slots' | 'memory'>(
    {
      bare: () => {
        for (let index = 0; index < count; index++) bare.append(['ses_bare'], next);
        return count;
      },
      together: () => runTogether(manager, count, 1),
      single: () => runSingly(manager, count),
      slots: () => runTogether(manager, count, 8),
      memory: () => runTogether(inMemory, count, 1),
    },
    timing,
  );
  const rowOf = (name: string, work: 'together' | 'single' | 'slots' | 'memory'): BenchmarkRow => {
    const ratio = rates.ratio(work, 'bare');
    return {
      name,
      figure: rates.rate(work),
      unit: 'runs/s',
      limit: { name: 'bare driver, one-row commits', figure: rates.rate('bare') },
      ratio,
      ...(work === 'together' ? { goals: [atLeast(ratio, 0.375, 'of the limit')] } : {}),
      details: { range: rates.range(work) },
    };
  };
  return [
    rowOf(`${count} runs submitted at once`, 'together'),
    rowOf(`${count} runs, each submitted when the one before has ended`, 'single'),
    rowOf(`${count} runs submitted at once, 8 slots`, 'slots'),
    rowOf(`${count} runs submitted at once, memory store`, 'memory'),
  ];
}

async function runTogether(manager: SessionManager, count: number, concurrentRuns: number): Promise<number> {
  await using server = await createSessionServer(manager, { session: {}, queuedRuns: count, concurrentRuns });
  await Promise.all(Array.from({ length: count }, (_, index) => server.submitRun(`run ${index}`)));
  await server.drain();
  return count;
}

async function runSingly(manager: SessionManager, count: number): Promise<number> {
  await using server = await createSessionServer(manager, { session: {} });
  for (let index = 0; index < count; index++) await server.executeRun(`run ${index}`);
  return count;
}

function idleServers(count: number): BenchmarkRow {
  const [bytes = Number.NaN] = probe('idle', count);
  const figure = bytes / 1e6;
  return {
    name: `${count.toLocaleString('en')} idle session servers`,
    figure,
    unit: 'MB',
    goals: [below(figure, 20, 'MB')],
  };
}

function growth([first, last]: readonly [number, number]): BenchmarkRow {
  const [before = Number.NaN, after = Number.NaN] = probe('growth', first, last);
  const figure = (after - before) / 1e6;
  const [from, to] = [first.toLocaleString('en'), last.toLocaleString('en')];
  return {
    name: `growth from ${from} to ${to} runs of a session`,
    figure,
    unit: 'MB',
    goals: [below(figure, 5, 'MB')],
    details: { before: `${(before / 1e6).toFixed(1)} MB`, after: `${(after / 1e6).toFixed(1)} MB` },
  };
}

function probe(...words: readonly (string | number)[]): readonly number[] {
  const program = fileURLToPath(import.meta.resolve('./support/session-server-probe.ts'));
  const { stdout, status, error } = spawnSync(
    process.execPath,
    ['--expose-gc', program, ...words.map(String)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 1_800_000 },
  );
  if (status !== 0) throw new Error(`The measuring process ended with ${status}.`, { cause: error });
  const figures: unknown = JSON.parse(stdout);
  return Array.isArray(figures) ? figures.map(Number) : [];
}

async function subscribers(quick: boolean): Promise<BenchmarkRow> {
  const count = quick ? 20 : 1000;
  using folder = scratchFolder();
  await using manager = await createSessionManager({
    store: sqliteStore(join(folder.path, 'ours.db')),
    providers: [],
  });
  await using server = await createSessionServer(manager, { session: {} });
  const { log } = partsOf(manager).environment;
  const { sessionId } = server;
  const { latestSeq } = await log.page({ sessionId, limit: 1 });
  await using group = await startFollowers(count, latestSeq, (signal) =>
    server.subscribe({ after: latestSeq, signal }),
  );
  const next = eventSource();
  const pace = { eventsPerSecond: 1000, seconds: quick ? 0.2 : 10 };
  const { commits, cores } = await commitAtPace(group, pace, () =>
    log.commit({ sessionId, events: [next()] }),
  );
  const p99 = group.percentile(99);
  return {
    name: `${count.toLocaleString('en')} subscribers, 1,000 events/s`,
    figure: p99,
    unit: 'ms (p99)',
    goals: [
      below(p99, 50, 'ms at p99'),
      { text: 'none loses or repeats an event', met: group.irregular === 0 },
    ],
    details: {
      p50: `${group.percentile(50).toFixed(3)} ms`,
      cores: cores.toFixed(2),
      deliveries: commits * count,
      irregular: group.irregular,
    },
  };
}
