import type { LogEvent } from '../domain/event.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RunResult } from '../manager/run-result.ts';
import { describePolicy } from '../policy/policy-text.ts';
import { jsonLine, renderTo, terminalSink, visibleText } from '../rendering/index.ts';
import { eventRenderer } from './event-renderer.ts';
import { exitCodeOfResult } from './exit-code.ts';
import { openManager } from './open-manager.ts';
import { jsonLineOf, write, writeJson } from './output.ts';
import { recoverRuns } from './recovery.ts';
import { readRunSettings, type RunCommandOptions } from './run-settings.ts';
import { announce, summarize } from './run-summary.ts';
import { startRun } from './started-run.ts';
import { stopOnSignals } from './stop-signals.ts';
import { readTask } from './task.ts';

/** `asm run` */
export async function runCommand(words: readonly string[], options: RunCommandOptions): Promise<void> {
  const settings = readRunSettings(options);
  const task = await readTask(words);
  /** Standard error is for people, but with `--json`. */
  const say = (text: string): void => {
    if (options.json !== true) process.stderr.write(`${text}\n`);
  };
  using stop = stopOnSignals((text) => say(`\n${text}`));
  await using manager = await openManager(options);
  await recoverRuns(manager, options);
  const run = await startRun(manager, {
    task,
    words: words[0] === '-' ? [] : words,
    options,
    settings: { ...settings, signal: stop.signal },
  });
  stop.attend(run);
  if (settings.policies !== undefined) say(visibleText(describePolicy(settings.policies)));
  say(announce(run));
  await show(run, options);
  const result = await run.result;
  process.exitCode = exitCodeOfResult(result);
  await showResult(result, options);
  say(summarize(result, options));
}

async function show(run: RunHandle, options: RunCommandOptions): Promise<void> {
  if (options.json === true) {
    for await (const event of run) await write(jsonLineOf(jsonLine(event)));
    return;
  }
  const name = options.render ?? 'studio';
  if (name === 'none') return;
  // Of a command one wants to see what it writes, as it writes it, and also when it fails.
  const isCommand = name === 'studio' && (await run.read()).provider === 'shell';
  await renderTo({
    events: isCommand ? withoutRepetition(run) : run,
    renderer: eventRenderer(name, { toolOutput: isCommand }),
    sinks: [terminalSink()],
    stallTimeout: Number.POSITIVE_INFINITY,
  });
}

/** Without the message at the end of a command, which holds its whole output once more. */
async function* withoutRepetition(run: RunHandle): AsyncGenerator<LogEvent, void, void> {
  for await (const event of run) if (event.type !== 'message_received') yield event;
}

async function showResult(result: RunResult, options: RunCommandOptions): Promise<void> {
  if (options.json === true) await writeJson({ type: 'result', ...result });
  else if (options.render === 'none' && result.output !== '') {
    await write(visibleText(result.output.endsWith('\n') ? result.output : `${result.output}\n`));
  }
}
