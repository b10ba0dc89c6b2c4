import { parseId } from '../domain/id.ts';
import { parseToolRule, type ToolRules } from '../domain/tool-rule.ts';
import { leavableRun } from './left-run.ts';
import { openManager } from './open-manager.ts';
import { readPassedVariables } from './passed-variables.ts';
import { showRun, type ShowOptions } from './shown-run.ts';
import { budgetsOf } from './run-settings.ts';
import { stopOnSignals } from './stop-signals.ts';
import { assertStoreExists } from './store-location.ts';

/** The options of `asm resume`, as the command line gives them. */
interface ResumeCommandOptions extends ShowOptions {
  readonly budget?: readonly string[];
}

/** `asm resume` */
export async function resumeCommand(id: string, options: ResumeCommandOptions): Promise<void> {
  const { allow, deny } = options;
  const rules: ToolRules = {
    ...(allow === undefined ? {} : { allow: allow.map((rule) => parseToolRule(rule)) }),
    ...(deny === undefined ? {} : { deny: deny.map((rule) => parseToolRule(rule)) }),
  };
  const variables = readPassedVariables(options.env);
  const budgets = budgetsOf(options);
  const say = (text: string): void => {
    if (options.json !== true) process.stderr.write(`${text}\n`);
  };
  using stop = stopOnSignals((text) => say(`\n${text}`));
  assertStoreExists(options);
  const runId = parseId('run', id);
  await using manager = await openManager(options, {
    provider: async (store) => (runId === undefined ? undefined : (await store.run(runId))?.provider),
    ...(variables === undefined ? {} : { redaction: variables.redaction }),
  });
  const run = await manager.executeRun(id, {
    ...(allow === undefined && deny === undefined ? {} : { rules }),
    ...(variables === undefined ? {} : { environment: variables.environment }),
    ...budgets,
    signal: stop.signal,
  });
  const leavable = leavableRun(manager, run);
  stop.attend(run, leavable);
  await showRun(run, leavable, options, say);
}
