import type { JsonObject } from '../src/domain/json.ts';
import { fieldOf } from '../src/domain/json-field.ts';
import type { ProviderEvent } from '../src/ports/provider.ts';
import { readFixture as readAcpFixture } from '../src/providers/acp/fixtures/read-fixture.ts';
import { normalize as normalizeAcp } from '../src/providers/acp/normalize.ts';
import { createNormalizerState as createAcpState } from '../src/providers/acp/normalizer-state.ts';
import { acpPresets } from '../src/providers/acp/presets.ts';
import { createUsageMeter as createAcpMeter } from '../src/providers/acp/usage-meter.ts';
import { normalize as normalizeAmp } from '../src/providers/amp/normalize.ts';
import { createNormalizerState as createAmpState } from '../src/providers/amp/normalizer-state.ts';
import { readFixture } from '../src/providers/claude/fixtures/read-fixture.ts';
import { normalize as normalizeClaude } from '../src/providers/claude/normalize.ts';
import { createNormalizerState } from '../src/providers/claude/normalizer-state.ts';
import { readFixture as readCodexFixture } from '../src/providers/codex/fixtures/read-fixture.ts';
import { normalize as normalizeCodex } from '../src/providers/codex/normalize.ts';
import { createNormalizerState as createCodexState } from '../src/providers/codex/normalizer-state.ts';
import { createUsageMeter } from '../src/providers/claude/usage-meter.ts';
import { readRecordedMessages } from '../src/testing/recorded-messages.ts';
import type { Benchmark, BenchmarkRow, Timing } from './benchmark.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';

/** The messages that a real program wrote in one run, and what reads them. */
interface RecordedRun {
  readonly provider: string;
  readonly messages: readonly JsonObject[];
  /** Makes what turns one message after another into events. */
  readonly open: () => (message: JsonObject) => readonly ProviderEvent[];
}

const ampRecording = new URL('../src/providers/amp/fixtures/tools.jsonl', import.meta.url);

const runs: readonly RecordedRun[] = [
  { provider: 'claude', messages: readFixture('tools'), open: openClaude },
  { provider: 'codex', messages: readCodexFixture('tools'), open: openCodex },
  { provider: 'amp', messages: readRecordedMessages(ampRecording), open: openAmp },
  { provider: 'acp', messages: readAcpFixture('tools'), open: openAcp },
];

/** Messages of an agent turned into events. */
export const normalizeBenchmark: Benchmark = {
  name: 'normalize',
  goal: '100,000 messages/s with every provider',
  async run({ timing }) {
    const rows: BenchmarkRow[] = [];
    for (const run of runs) rows.push(await measure(run, timing));
    return rows;
  },
};

async function measure({ provider, messages, open }: RecordedRun, timing: Timing): Promise<BenchmarkRow> {
  const lines = messages.map((message) => JSON.stringify(message));
  let events = 0;
  const rates = await interleavedRates(
    {
      parse: () => {
        for (const line of lines) JSON.parse(line);
        return lines.length;
      },
      normalize: () => {
        const normalize = open();
        events = 0;
        for (const message of messages) events += normalize(message).length;
        return messages.length;
      },
    },
    timing,
  );
  const figure = rates.rate('normalize');
  return {
    name: provider,
    figure,
    unit: 'messages/s',
    limit: { name: 'JSON.parse of them', figure: rates.rate('parse') },
    ratio: rates.ratio('normalize', 'parse'),
    goals: [atLeast(figure, 100_000, 'messages/s')],
    details: { messages: messages.length, events },
  };
}

function openClaude(): (message: JsonObject) => readonly ProviderEvent[] {
  const state = createNormalizerState({ usage: createUsageMeter('nothing'), isDenied: () => false });
  return (message) => normalizeClaude(message, state);
}

function openCodex(): (message: JsonObject) => readonly ProviderEvent[] {
  const state = createCodexState();
  return (message) => normalizeCodex(message, state);
}

function openAmp(): (message: JsonObject) => readonly ProviderEvent[] {
  const state = createAmpState();
  return (message) => normalizeAmp(message, state);
}

function openAcp(): (message: JsonObject) => readonly ProviderEvent[] {
  const state = createAcpState({
    preset: acpPresets['claude-agent-acp'],
    usage: createAcpMeter({ perConversation: true, before: 'nothing' }),
    isDenied: () => false,
  });
  return (message) => normalizeAcp(fieldOf(message, 'params') ?? null, state);
}
