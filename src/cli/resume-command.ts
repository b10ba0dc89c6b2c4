import { parseId } from '../domain/id.ts';
import { parseToolRule, type ToolRules } from '../domain/tool-rule.ts';
import { budgetTexts, readBudgets } from './budget-option.ts';
import { leavableRun } from './left-run.ts';
import { openManager } from './open-manager.ts';
import { readPassedVariables } from './passed-variables.ts';
import { showRun, type ShowOptions } from './shown-run.ts';
import { stopOnSignals } from './stop-signals.ts';
import { assertStoreExists } from './store-location.ts';

/** `asm resume` */
export async function resumeCommand(id: string, options: ShowOptions): Promise<void> {
  const { allow, deny } = options;
  const rules: ToolRules = {
    ...(allow === undefined ? {} : { allow: allow.map((rule) => parseToolRule(rule)) }),
    ...(deny === undefined ? {} : { deny: deny.map((rule) => parseToolRule(rule)) }),
  };
  const variables = readPassedVariables(options.env);
  const budgets = readBudgets(budgetTexts(options.budget));
  const say = (text: string): void => {
    if (options.json !== true) process.stderr.write(`${text}\n`);
  };
  using stop = stopOnSignals((text) => say(`\n${text}`));
  assertStoreExists(options);
  const runId = parseId('run', id);
  await using manager = await openManager(options, {
    provider: async (store) => (runId === undefined ? undefined : (await store.run(runId))?.provider),
    budgets,
    ...(variables === undefined ? {} : { redaction: variables.redaction }),
  });
  const run = await manager.executeRun(id, {
    ...(allow === undefined && deny === undefined ? {} : { rules }),
    ...(variables === undefined ? {} : { environment: variables.environment }),
    signal: stop.signal,
  });
  const leavable = leavableRun(manager, run);
  stop.attend(run, leavable);
  await showRun(run, leavable, options, say);
}
