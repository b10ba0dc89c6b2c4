import { createRedactor } from '../src/redaction/index.ts';
import type { Benchmark, BenchmarkRow, Timing } from './benchmark.ts';
import { interleavedRates, type Work } from './support/interleaved-rates.ts';

const prose =
  'The quick brown fox jumps over the lazy dog, and then it was there because of what this does. ';
const code = 'const total = items.map((item) => item.size).filter(Boolean); // see: docs\n';
const texts = {
  'prose, 64 characters': prose.slice(0, 64),
  'prose, 1,000 characters': prose.repeat(12).slice(0, 1000),
  'code, 1,000 characters': code.repeat(20).slice(0, 1000),
};
const unit = 'M characters/s';

/** Redaction of ordinary text without secrets: as a stream, and whole. */
export const redactionBenchmark: Benchmark = {
  name: 'redaction',
  goal: 'none of its own; beside one indexOf over the same text',
  async run({ timing }) {
    const rows: BenchmarkRow[] = [];
    for (const [name, text] of Object.entries(texts)) rows.push(...(await measure(name, text, timing)));
    return rows;
  },
};

async function measure(name: string, text: string, timing: Timing): Promise<readonly BenchmarkRow[]> {
  const redactor = createRedactor();
  const stream = redactor.stream();
  const rates = await interleavedRates(
    {
      indexOf: repeat(text, () => text.indexOf('\u0007') + 1),
      stream: repeat(text, () => stream.push(text).length),
      whole: repeat(text, () => redactor.text(text).text.length),
    },
    timing,
  );
  return (['stream', 'whole'] as const).map((way) => ({
    name: `${name}, ${way}`,
    figure: rates.rate(way),
    unit,
    limit: { name: 'indexOf', figure: rates.rate('indexOf') },
    ratio: rates.ratio(way, 'indexOf'),
  }));
}

/** Does it often enough that the clock doesn't count; gives millions of characters. */
function repeat(text: string, work: () => number): Work {
  const calls = Math.ceil(100_000 / text.length);
  return () => {
    let sum = 0;
    for (let call = 0; call < calls; call++) sum += work();
    if (sum < 0) throw new RangeError('The work was not done.');
    return (calls * text.length) / 1e6;
  };
}
