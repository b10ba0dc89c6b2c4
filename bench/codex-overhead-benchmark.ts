import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { codex } from '../src/providers/codex/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { codexEnvironment } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareCodex } from './support/bare-codex.ts';
import { helloPrompt } from './support/hello-script.ts';
import { runManaged } from './support/managed-run.ts';
import { startModelProcess } from './support/model-process.ts';
import { overheadRow } from './support/overhead-pairs.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Whole runs of the real Codex, through the manager and with its app-server alone, in turns, against a scripted model. */
export const codexOverheadBenchmark: Benchmark = {
  name: 'codex-overhead',
  goal: 'median of the differences below 10 ms',
  async run(options) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelProcess('codex');
    const place = { cwd, environment: codexEnvironment(model, { home: folder.path }) };
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [codex()],
    });
    const row = await overheadRow(
      {
        name: 'manager beside the app-server alone',
        limit: 'whole run with the app-server alone',
        bare: () => runBareCodex(helloPrompt, place),
        ours: () => runManaged(manager, 'codex', place),
        goal: 10,
      },
      options,
    );
    return [row];
  },
};
