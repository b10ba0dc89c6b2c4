import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { codex } from '../src/providers/codex/index.ts';
import {
  codexEnvironment,
  collectRun,
  createRunRequest,
  createTestHost,
  startModelServer,
  type ModelServer,
} from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { below } from './support/goal.ts';
import { median } from './support/sample-statistics.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Runs that are started at once. */
const together = 8;

/** An answer that takes its time, as a model's does: 100 pieces in about a second. */
const answer = { text: 'As it was told to do, it speaks. '.repeat(20), chunks: 100, chunkDelay: 10 };

/** Runs on one shared app-server of the real Codex, one alone and eight at once, against a scripted model. */
export const codexSharedBenchmark: Benchmark = {
  name: 'codex-shared',
  goal: '8 runs at once take less than 1.5 times as long as one',
  async run({ quick }) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelServer(() => answer);
    const environment = codexEnvironment(model, { home: folder.path });
    await using provider = codex({ shareServer: true });
    const run = async (): Promise<void> => {
      const request = createRunRequest({ cwd, environment: { set: environment } });
      const { outcome, error } = await collectRun(provider, request, createTestHost()).ended;
      if (outcome === undefined) throw error;
    };
    const timed = async (count: number): Promise<number> => {
      const start = performance.now();
      await Promise.all(Array.from({ length: count }, run));
      return performance.now() - start;
    };
    // Starts the server.
    await run();
    const ones: number[] = [];
    const eights: number[] = [];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      ones.push(await timed(1));
      eights.push(await timed(together));
    }
    const figure = median(eights) / median(ones);
    return [
      {
        name: `${together} runs at once on one app-server`,
        figure,
        unit: 'times as long as one',
        limit: { name: 'one run', figure: median(ones) },
        ratio: figure,
        goals: [below(figure, 1.5, 'times')],
        details: { rounds: ones.length, requests: requests(model) },
      },
    ];
  },
};

function requests(model: ModelServer): number {
  return model.mainRequests.length;
}
