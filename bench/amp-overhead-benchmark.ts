import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { amp } from '../src/providers/amp/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { ampEnvironment } from '../src/testing/index.ts';
import type { Benchmark } from './benchmark.ts';
import { runBareAmp } from './support/bare-amp.ts';
import { helloPrompt } from './support/hello-script.ts';
import { runManaged } from './support/managed-run.ts';
import { startModelProcess } from './support/model-process.ts';
import { overheadRow } from './support/overhead-pairs.ts';
import { scratchFolder } from './support/scratch-folder.ts';

/**
 * Whole runs of the real Amp, through the manager and with its SDK alone, in turns, against a scripted model.
 * The SDK's Amp asks a shell script that allows everything; ours asks a program that asks the manager.
 */
export const ampOverheadBenchmark: Benchmark = {
  name: 'amp-overhead',
  goal: 'median of the differences below 10 ms',
  async run(options) {
    using folder = scratchFolder();
    const cwd = join(folder.path, 'project');
    mkdirSync(cwd);
    // From its sources the asking program would begin by compiling itself, which an installed one never does.
    process.env['NODE_COMPILE_CACHE'] ??= join(folder.path, 'compiled');
    await using model = await startModelProcess('amp');
    const place = { cwd, environment: ampEnvironment(model, { home: folder.path }) };
    const settingsFile = writeAllowingSettings(folder.path);
    await using manager = await createSessionManager({
      store: sqliteStore(join(folder.path, 'ours.db')),
      providers: [amp()],
    });
    const row = await overheadRow(
      {
        name: 'manager beside the SDK alone',
        limit: 'whole run with the SDK alone',
        bare: () => runBareAmp(helloPrompt, { ...place, settingsFile }),
        ours: () => runManaged(manager, 'amp', place),
        goal: 10,
      },
      options,
    );
    return [row];
  },
};

function writeAllowingSettings(folder: string): string {
  const [helper, settings] = [join(folder, 'allow'), join(folder, 'settings.json')];
  writeFileSync(helper, '#!/bin/sh\ncat > /dev/null\nexit 0\n', { mode: 0o755 });
  const rule = { tool: '*', action: 'delegate', to: helper };
  writeFileSync(settings, JSON.stringify({ 'amp.permissions': [rule] }));
  return settings;
}
