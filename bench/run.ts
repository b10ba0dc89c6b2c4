/** `npm run bench`: measures the named workloads, or all of them, and prints each beside its limit. */
import { parseArgs } from 'node:util';
import { benchmarks } from './benchmark-list.ts';
import type { Benchmark, BenchmarkOptions } from './benchmark.ts';
import { conditions, jsonReport, textReport, type BenchmarkReport } from './report.ts';
import { runWithSlowFsync } from './slow-fsync/slow-fsync.ts';
import { loadPeerStores, peerAdvice } from './support/peer-store.ts';

const usage = `npm run bench -- [names…] [options]

  --quick        tiny sizes, which only show that everything runs
  --json         one JSON document on standard output instead of tables
  --seconds N    how long one turn of each thing takes (default 1)
  --turns N      how many turns each thing gets (default 7)
  --slow-fsync   makes every sync of the disk 2 ms slower; by default for the append workloads

Workloads:
${benchmarks.map(({ name, goal }) => `  ${name.padEnd(16)} ${goal}`).join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    turns: { type: 'string' },
    'slow-fsync': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const unknown = positionals.filter((name) => benchmarks.every((benchmark) => benchmark.name !== name));

if (values.help) console.log(usage);
else if (unknown.length > 0) {
  console.error(`There is no workload ${unknown.join(', ')}.\n\n${usage}`);
  process.exitCode = 2;
} else if (values['slow-fsync']) {
  const names = positionals.length > 0 ? positionals : ['append-single', 'append-64'];
  const passedOn = process.argv.slice(2).filter((word) => word !== '--slow-fsync' && !names.includes(word));
  process.exitCode = runWithSlowFsync(import.meta.filename, [...names, ...passedOn]);
} else await measure();

async function measure(): Promise<void> {
  const peers = await loadPeerStores();
  if (peers === undefined) console.error(peerAdvice);
  const options: BenchmarkOptions = {
    quick: values.quick,
    timing: {
      turnMilliseconds: Number(values.seconds ?? (values.quick ? 0.05 : 1)) * 1000,
      turns: Number(values.turns ?? (values.quick ? 2 : 7)),
    },
    ...(peers === undefined ? {} : { peers }),
  };
  const under = conditions(values.quick);
  if (under.quick) console.error('Quick: these figures mean nothing.');
  if (under.slowFsync) console.error('Every sync of the disk takes 2 ms longer.');
  const reports: BenchmarkReport[] = [];
  for (const benchmark of benchmarks) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
    // One after the other, or they would disturb each other.
    const report = await reportOf(benchmark, options);
    reports.push(report);
    if (!values.json) console.log(textReport(report));
    if (report.error !== undefined) process.exitCode = 1;
  }
  if (values.json) console.log(jsonReport(reports, under));
}

async function reportOf(benchmark: Benchmark, options: BenchmarkOptions): Promise<BenchmarkReport> {
  const about = { benchmark: benchmark.name, goal: benchmark.goal };
  try {
    return { ...about, rows: await benchmark.run(options) };
  } catch (thrown) {
    const error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return { ...about, rows: [], error };
  }
}
