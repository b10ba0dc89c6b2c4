import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager, type SessionManager } from '../src/index.ts';
import { codex } from '../src/providers/codex/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { codexEnvironment, startModelServer } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import type { CodexPlace } from './support/bare-codex.ts';
import { below } from './support/goal.ts';
import { median } from './support/sample-statistics.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Runs at once. */
const width = 8;

/** Milliseconds that the model takes before it answers, as a real one does. */
const thinking = 1_000;

/** Runs of the real Codex on one shared server, one and eight at once, in turns, against a scripted model. */
export const codexSharedBenchmark: Benchmark = {
  name: 'codex-shared',
  goal: '8 runs at once take less than 1.5 times as long as one',
  async run({ quick }) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelServer(() => ({ text: 'It is done. '.repeat(20), delay: thinking }));
    const place = { cwd, environment: codexEnvironment(model, { home: folder.path }) };
    await using manager = await createSessionManager({
      store: memoryStore(),
      providers: [codex({ shareServer: true })],
    });
    // The server is started by the first run.
    await timed(manager, place, 1);
    const one: number[] = [];
    const many: number[] = [];
    for (let round = 0; round < (quick ? 1 : 10); round++) {
      one.push(await timed(manager, place, 1));
      many.push(await timed(manager, place, width));
    }
    const ratio = median(many.map((time, round) => time / (one[round] ?? Number.NaN)));
    return [
      {
        name: `${width} runs at once`,
        figure: median(many),
        unit: 'ms',
        limit: { name: 'one run', figure: median(one) },
        ratio,
        goals: [below(ratio, 1.5, 'times one run')],
        details: { rounds: one.length, 'model answers after': `${thinking} ms` },
      },
    ];
  },
};

async function timed(manager: SessionManager, place: CodexPlace, count: number): Promise<number> {
  const start = performance.now();
  const results = await Promise.all(
    Array.from({ length: count }, () =>
      manager.runOnce('Do it.', {
        provider: 'codex',
        cwd: place.cwd,
        environment: { set: place.environment },
      }),
    ),
  );
  const failed = results.find(({ status }) => status !== 'completed');
  if (failed !== undefined) throw new Error(`A run ended as ${failed.status}.`);
  return performance.now() - start;
}
