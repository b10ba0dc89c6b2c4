import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEvent } from '../src/domain/event.ts';
import {
  callbackSink,
  compactRenderer,
  fileSink,
  jsonLinesSink,
  passthroughRenderer,
  renderTo,
  studioRenderer,
  verboseRenderer,
  type Renderer,
  type Sink,
} from '../src/rendering/index.ts';
import type { Benchmark, BenchmarkRow, Timing } from './benchmark.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';
import { scratchFolder } from './support/scratch-folder.ts';
import { turnEvents } from './support/turn-events.ts';

const renderers = {
  compact: () => compactRenderer({ color: false }),
  verbose: () => verboseRenderer({ color: false }),
  studio: () => studioRenderer({ color: false, terminal: false }),
  passthrough: passthroughRenderer,
} satisfies Readonly<Record<string, () => Renderer>>;

interface Output {
  readonly renderer: keyof typeof renderers;
  readonly sink: string;
  readonly open: (path: string) => Sink;
  readonly hasGoal: boolean;
}

const file = (path: string): Sink => fileSink(path, { overwrite: true });
const outputs: readonly Output[] = [
  { renderer: 'compact', sink: 'file', open: file, hasGoal: true },
  { renderer: 'verbose', sink: 'file', open: file, hasGoal: true },
  { renderer: 'studio', sink: 'file', open: file, hasGoal: true },
  { renderer: 'compact', sink: 'callback', open: () => callbackSink(() => {}), hasGoal: false },
  {
    renderer: 'passthrough',
    sink: 'JSON lines',
    open: (path) => jsonLinesSink(path, { overwrite: true }),
    hasGoal: false,
  },
  {
    renderer: 'passthrough',
    sink: 'compact JSON lines',
    open: (path) => jsonLinesSink(path, { overwrite: true, mode: 'compact' }),
    hasGoal: false,
  },
];

/** 1,000 turns of 26 events from memory, through a renderer into a sink. */
export const renderingBenchmark: Benchmark = {
  name: 'rendering',
  goal: 'to a file sink: 500,000 events/s',
  async run({ quick, timing }) {
    const events = turnEvents(quick ? 20 : 1000);
    const rows: BenchmarkRow[] = [];
    for (const output of outputs) rows.push(await measure(output, events, timing));
    return rows;
  },
};

async function measure(output: Output, events: readonly LogEvent[], timing: Timing): Promise<BenchmarkRow> {
  using folder = scratchFolder();
  const path = join(folder.path, 'rendered');
  const render = async (): Promise<number> => {
    const { sinkErrors } = await renderTo({
      events: each(events),
      renderer: renderers[output.renderer](),
      sinks: [output.open(path)],
    });
    for (const { error } of sinkErrors) throw error;
    return events.length;
  };
  await render();
  const bytes = output.sink === 'callback' ? Buffer.alloc(0) : readFileSync(path);
  const rates = await interleavedRates(
    {
      raw: () => {
        const descriptor = openSync(join(folder.path, 'raw'), 'w');
        writeSync(descriptor, bytes);
        closeSync(descriptor);
        return events.length;
      },
      pulled: async () => {
        let count = 0;
        for await (const _ of each(events)) count++;
        return count;
      },
      ours: render,
    },
    timing,
  );
  const limit = output.sink === 'callback' ? 'pulled' : 'raw';
  const name = limit === 'raw' ? 'one write of the same bytes to a file' : 'reading the events';
  return {
    name: `${output.renderer} to ${output.sink}`,
    figure: rates.rate('ours'),
    unit: 'events/s',
    limit: { name, figure: rates.rate(limit) },
    ratio: rates.ratio('ours', limit),
    goals: output.hasGoal ? [atLeast(rates.rate('ours'), 500_000, 'events/s')] : [],
    details: { bytes: bytes.length, 'reading the events': `${Math.round(rates.rate('pulled'))} events/s` },
  };
}

async function* each(events: readonly LogEvent[]): AsyncGenerator<LogEvent, void, void> {
  yield* events;
}
