import { parseToolRule, type ToolRules } from '../domain/tool-rule.ts';
import { budgetTexts, readBudgets } from './budget-option.ts';
import { leavableRun } from './left-run.ts';
import { openExisting } from './open-manager.ts';
import { showRun, type ShowOptions } from './shown-run.ts';
import { stopOnSignals } from './stop-signals.ts';

/** `asm resume` */
export async function resumeCommand(id: string, options: ShowOptions): Promise<void> {
  const { allow, deny } = options;
  const rules: ToolRules = {
    ...(allow === undefined ? {} : { allow: allow.map((rule) => parseToolRule(rule)) }),
    ...(deny === undefined ? {} : { deny: deny.map((rule) => parseToolRule(rule)) }),
  };
  const budgets = readBudgets(budgetTexts(options.budget));
  const say = (text: string): void => {
    if (options.json !== true) process.stderr.write(`${text}\n`);
  };
  using stop = stopOnSignals((text) => say(`\n${text}`));
  await using manager = await openExisting(options, budgets);
  const run = await manager.executeRun(id, {
    ...(allow === undefined && deny === undefined ? {} : { rules }),
    signal: stop.signal,
  });
  const leavable = leavableRun(manager, run);
  stop.attend(run, leavable);
  await showRun(run, leavable, options, say);
}
