import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager, type SessionManager } from '../src/index.ts';
import { amp } from '../src/providers/amp/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { ampEnvironment, startModelServer, toolResults, type ModelScript } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareAmp, type AmpPlace } from './support/bare-amp.ts';
import { below } from './support/goal.ts';
import { median, medianInterval } from './support/sample-statistics.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const prompt = 'Say hello with the shell.';

/** One tool call, about which Amp asks, then a text; the same for every conversation. */
const script: ModelScript = (request) =>
  toolResults(request).length === 0
    ? { tools: [{ name: 'Bash', input: { cmd: 'echo hello' } }] }
    : { text: 'It said hello, as it was told to do. '.repeat(20) };

/**
 * Whole runs of the real Amp, through the manager and with its SDK alone, in turns, against a scripted model.
 * The SDK's Amp asks a shell script that allows everything; ours asks a program that asks the manager.
 */
export const ampOverheadBenchmark: Benchmark = {
  name: 'amp-overhead',
  goal: 'median of the differences below 200 ms, of which a program for the question is the most',
  async run({ quick }) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelServer(script);
    const place = {
      cwd,
      environment: ampEnvironment(model, { home: folder.path }),
      settingsFile: writeAllowingSettings(folder.path),
    };
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [amp()],
    });
    const works = [() => runBareAmp(prompt, place), () => runManaged(manager, place)] as const;
    // The first start of the program reads it from the disk.
    if (!quick) for (const work of works) await work();
    const bare: number[] = [];
    const ours: number[] = [];
    for (let pair = 0; pair < (quick ? 1 : 30); pair++) {
      // Each goes first in every other pair.
      for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const start = performance.now();
        await works[which]();
        (which === 0 ? bare : ours).push(performance.now() - start);
      }
    }
    const differences = ours.map((time, pair) => time - (bare[pair] ?? Number.NaN));
    const figure = median(differences);
    const { low, high } = medianInterval(differences);
    return [
      {
        name: 'manager beside the SDK alone',
        figure,
        unit: 'ms more',
        limit: { name: 'whole run with the SDK alone', figure: median(bare) },
        ratio: median(ours.map((time, pair) => time / (bare[pair] ?? Number.NaN))),
        goals: [below(figure, 200, 'ms')],
        details: {
          pairs: differences.length,
          '95 % interval': `${low.toFixed(1)} to ${high.toFixed(1)} ms`,
          'whole run': `${median(ours).toFixed(0)} ms`,
        },
      },
    ];
  },
};

function writeAllowingSettings(folder: string): string {
  const [helper, settings] = [join(folder, 'allow'), join(folder, 'settings.json')];
  writeFileSync(helper, '#!/bin/sh\ncat > /dev/null\nexit 0\n', { mode: 0o755 });
  const rule = { tool: '*', action: 'delegate', to: helper };
  writeFileSync(settings, JSON.stringify({ 'amp.permissions': [rule] }));
  return settings;
}

async function runManaged(manager: SessionManager, place: AmpPlace): Promise<void> {
  const { status } = await manager.runOnce(prompt, {
    provider: 'amp',
    cwd: place.cwd,
    environment: { set: place.environment },
    authorize: () => ({ decision: 'allow' }),
  });
  if (status !== 'completed') throw new Error(`The managed run ended as ${status}.`);
}
