import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager, type SessionManager } from '../src/index.ts';
import { codex } from '../src/providers/codex/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { codexEnvironment, startModelServer, type ModelScript } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareCodex, type CodexPlace } from './support/bare-codex.ts';
import { below } from './support/goal.ts';
import { median, medianInterval } from './support/sample-statistics.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const prompt = 'Say hello with the shell.';

/** One tool call, about which the hook is asked, then a text in many pieces; the same for every conversation. */
const script: ModelScript = (request) =>
  JSON.stringify(request.body).includes('function_call_output')
    ? { text: 'It said hello, as it was told to do. '.repeat(20), chunks: 100 }
    : { tools: [{ name: 'exec_command', input: { cmd: 'echo hello' } }] };

/** Whole runs of the real Codex, through the manager and with its app-server alone, in turns, against a scripted model. */
export const codexOverheadBenchmark: Benchmark = {
  name: 'codex-overhead',
  goal: 'median of the differences below 10 ms',
  async run({ quick }) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelServer(script);
    const place = { cwd, environment: codexEnvironment(model, { home: folder.path }) };
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [codex()],
    });
    const works = [() => runBareCodex(prompt, place), () => runManaged(manager, place)] as const;
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
        name: 'manager beside the app-server alone',
        figure,
        unit: 'ms more',
        limit: { name: 'whole run with the app-server alone', figure: median(bare) },
        ratio: median(ours.map((time, pair) => time / (bare[pair] ?? Number.NaN))),
        goals: [below(figure, 10, 'ms')],
        details: {
          pairs: differences.length,
          '95 % interval': `${low.toFixed(1)} to ${high.toFixed(1)} ms`,
          'whole run': `${median(ours).toFixed(0)} ms`,
        },
      },
    ];
  },
};

async function runManaged(manager: SessionManager, place: CodexPlace): Promise<void> {
  const { status } = await manager.runOnce(prompt, {
    provider: 'codex',
    cwd: place.cwd,
    environment: { set: place.environment },
    authorize: () => ({ decision: 'allow' }),
  });
  if (status !== 'completed') throw new Error(`The managed run ended as ${status}.`);
}
