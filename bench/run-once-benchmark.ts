import { join } from 'node:path';
import { createSessionManager, type SessionManager, type SessionStore } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { BareDriver } from './support/bare-driver.ts';
import { atLeast } from './support/goal.ts';
import { interleavedRates } from './support/interleaved-rates.ts';
import { sampleEvent, sampleText } from './support/sample-event.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Streamed pieces of text in one run. */
const pieces = 1000;
/** Events that the recorder puts into one commit at most. */
const perCommit = 256;

/** Whole runs of an agent that streams as fast as it is read, each piece of text an event of its own. */
export const runOnceBenchmark: Benchmark = {
  name: 'run-once',
  goal: 'SQLite, redaction on: 60,000 events/s, 200 at once no slower; memory, redaction off: 150,000 events/s',
  async run({ quick, timing }) {
    const atOnce = quick ? 10 : 200;
    using folder = scratchFolder();
    using bare = new BareDriver(join(folder.path, 'bare.db'));
    await using durable = await openManager(sqliteStore(join(folder.path, 'ours.db')), true);
    const names = Array.from({ length: perCommit }, () => 'ses_bare');
    const rates = await interleavedRates(
      {
        bare: () => {
          for (let left = pieces; left > 0; left -= perCommit) {
            bare.append(names.slice(0, Math.min(left, perCommit)), () => sampleEvent(left));
          }
          return pieces;
        },
        durable: () => runOnce(durable),
        together: async () => {
          const runs = await Promise.all(Array.from({ length: atOnce }, () => runOnce(durable)));
          return runs.reduce((sum, events) => sum + events, 0);
        },
        array: () => encodeIntoArray(),
        memory: async () => {
          // A new store each time, or all runs of a turn would stay in memory.
          await using fleeting = await openManager(Promise.resolve(memoryStore()), false);
          return await runOnce(fleeting);
        },
      },
      timing,
    );
    const bareLimit = { name: 'bare driver, transactions of 256 rows', figure: rates.rate('bare') };
    const durableRate = rates.rate('durable');
    const together = rates.ratio('together', 'durable');
    return [
      {
        name: 'SQLite, redaction on',
        figure: durableRate,
        unit: 'events/s',
        limit: bareLimit,
        ratio: rates.ratio('durable', 'bare'),
        goals: [atLeast(durableRate, 60_000, 'events/s')],
        details: { range: rates.range('durable') },
      },
      {
        name: `SQLite, redaction on, ${atOnce} at once`,
        figure: rates.rate('together'),
        unit: 'events/s',
        limit: bareLimit,
        ratio: rates.ratio('together', 'bare'),
        goals: [atLeast(together, 1, 'of one alone')],
        details: { range: rates.range('together'), 'of one alone': Number(together.toFixed(2)) },
      },
      {
        name: 'memory, redaction off',
        figure: rates.rate('memory'),
        unit: 'events/s',
        limit: { name: 'encoding into an array', figure: rates.rate('array') },
        ratio: rates.ratio('memory', 'array'),
        goals: [atLeast(rates.rate('memory'), 150_000, 'events/s')],
        details: { range: rates.range('memory') },
      },
    ];
  },
};

async function openManager(store: Promise<SessionStore>, redaction: boolean): Promise<SessionManager> {
  const provider = scriptedProvider([
    { stream: sampleText(1, 64), times: pieces },
    { usage: { inputTokens: 100, outputTokens: 50 } },
  ]);
  return await createSessionManager({
    store,
    providers: [provider],
    deltas: 'each',
    ...(redaction ? {} : { redaction: false }),
  });
}

async function runOnce(manager: SessionManager): Promise<number> {
  const { status } = await manager.runOnce('Say it.', { provider: 'scripted' });
  if (status !== 'completed') throw new Error(`The run ended as ${status}.`);
  return pieces;
}

function encodeIntoArray(): number {
  const text = sampleText(1, 64);
  const array: object[] = [];
  for (let index = 0; index < pieces; index++) {
    array.push({
      seq: index,
      type: 'message_streamed',
      payload: JSON.stringify({ messageId: 'msg_01', text }),
    });
  }
  return array.length;
}
