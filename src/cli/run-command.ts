import { describePolicy } from '../policy/policy-text.ts';
import { visibleText } from '../rendering/visible-text.ts';
import { leavableRun } from './left-run.ts';
import { readNativeOptions } from './native-option.ts';
import { openManager } from './open-manager.ts';
import { readPassedVariables } from './passed-variables.ts';
import { recoverRuns } from './recovery.ts';
import { readRunSettings, type RunCommandOptions } from './run-settings.ts';
import { showRun } from './shown-run.ts';
import { providerOf, startRun } from './started-run.ts';
import { stopOnSignals } from './stop-signals.ts';
import { readTask } from './task.ts';
import { terminalTurns } from './terminal-turns.ts';

/** `asm run` */
export async function runCommand(words: readonly string[], options: RunCommandOptions): Promise<void> {
  const turns = terminalTurns();
  const settings = readRunSettings(options, turns);
  const variables = readPassedVariables(options.env);
  const native = readNativeOptions(options.native);
  const task = await readTask(words);
  /** Standard error is for people, but with `--json`. */
  const say = (text: string): void => {
    if (options.json !== true) process.stderr.write(`${text}\n`);
  };
  using stop = stopOnSignals((text) => say(`\n${text}`));
  await using manager = await openManager(options, {
    provider: async (store) => await providerOf(store, options),
    ...(variables === undefined ? {} : { redaction: variables.redaction }),
  });
  await recoverRuns(manager, options);
  const run = await startRun(manager, {
    task,
    words: words[0] === '-' ? [] : words,
    options,
    native,
    settings: {
      ...settings,
      ...(variables === undefined ? {} : { environment: variables.environment }),
      signal: stop.signal,
    },
  });
  const leavable = leavableRun(manager, run);
  stop.attend(run, leavable);
  if (settings.policies !== undefined) say(visibleText(describePolicy(settings.policies)));
  const shown = { ...leavable, events: () => turns.shown(leavable.events()) };
  await showRun(run, shown, options, say);
}
