import type { LogEvent } from '../domain/event.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RunResult } from '../manager/run-result.ts';
import { jsonLine, renderTo, terminalSink, visibleText } from '../rendering/index.ts';
import { eventRenderer, type RenderingName } from './event-renderer.ts';
import { exitCodeOfResult } from './exit-code.ts';
import { jsonLineOf, write, writeJson } from './output.ts';
import { announce, summarize } from './run-summary.ts';
import type { SharedOptions } from './shared-options.ts';

export interface ShowOptions extends SharedOptions {
  readonly render?: RenderingName;
}

/** Shows a run until it has ended, and makes its end the end of this process. `say` is for people. */
export async function showRun(
  run: RunHandle,
  options: ShowOptions,
  say: (text: string) => void,
): Promise<void> {
  say(announce(run));
  await show(run, options);
  const result = await run.result;
  process.exitCode = exitCodeOfResult(result);
  await showResult(result, options);
  say(summarize(result, options));
}

async function show(run: RunHandle, options: ShowOptions): Promise<void> {
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

async function showResult(result: RunResult, options: ShowOptions): Promise<void> {
  if (options.json === true) await writeJson({ type: 'result', ...result });
  else if (options.render === 'none' && result.output !== '') {
    await write(visibleText(result.output.endsWith('\n') ? result.output : `${result.output}\n`));
  }
}
