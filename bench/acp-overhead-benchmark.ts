import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { acp } from '../src/providers/acp/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { claudeEnvironment } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareAcp } from './support/bare-acp.ts';
import { helloPrompt } from './support/hello-script.ts';
import { runManaged } from './support/managed-run.ts';
import { startModelProcess } from './support/model-process.ts';
import { overheadRow } from './support/overhead-pairs.ts';
import { scratchFolder } from './support/scratch-folder.ts';

const agentPackage = '@agentclientprotocol/claude-agent-acp';

/** Whole runs of the real claude-agent-acp, through the manager and with the least client, in turns. */
export const acpOverheadBenchmark: Benchmark = {
  name: 'acp-overhead',
  goal: 'median of the differences below 10 ms',
  async run(options) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    await using model = await startModelProcess('claude');
    const place = { cwd, environment: claudeEnvironment(model, { home: folder.path }) };
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [acp({ preset: 'claude-agent-acp' })],
    });
    const packageFile = createRequire(import.meta.url).resolve(`${agentPackage}/package.json`);
    const script = join(dirname(packageFile), 'dist', 'index.js');
    const row = await overheadRow(
      {
        name: 'manager beside the least client',
        limit: 'whole run with the least client',
        bare: () => runBareAcp(script, helloPrompt, place),
        ours: () => runManaged(manager, 'claude-agent-acp', place),
        goal: 10,
      },
      options,
    );
    return [row];
  },
};
