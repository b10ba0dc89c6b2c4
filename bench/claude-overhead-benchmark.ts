import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { claude } from '../src/providers/claude/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { claudeEnvironment } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareClaude } from './support/bare-claude.ts';
import { helloPrompt } from './support/hello-script.ts';
import { runManaged } from './support/managed-run.ts';
import { startModelProcess } from './support/model-process.ts';
import { overheadRow } from './support/overhead-pairs.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/** Whole runs of the real Claude Code, through the manager and with its SDK alone, in turns, against a scripted model. */
export const claudeOverheadBenchmark: Benchmark = {
  name: 'claude-overhead',
  goal: 'median of the differences below 10 ms',
  async run(options) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelProcess('claude');
    const place = { cwd, environment: claudeEnvironment(model, { home: folder.path }) };
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [claude()],
    });
    const row = await overheadRow(
      {
        name: 'manager beside the SDK alone',
        limit: 'whole run with the SDK alone',
        bare: () => runBareClaude(helloPrompt, place),
        ours: () => runManaged(manager, 'claude', place),
        goal: 10,
      },
      options,
    );
    return [row];
  },
};
