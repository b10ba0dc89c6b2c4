import type { LogEvent } from '../domain/event.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RunResult } from '../manager/run-result.ts';
import { jsonLine } from '../rendering/json-lines.ts';
import { renderTo } from '../rendering/render-to.ts';
import { terminalSink } from '../rendering/terminal-sink.ts';
import { visibleText } from '../rendering/visible-text.ts';
import { eventRenderer } from './event-renderer.ts';
import type { RenderingName } from './rendering-name.ts';
import { exitCodeOfResult, exitCodes } from './exit-code.ts';
import { leftText, type LeavableRun } from './left-run.ts';
import { jsonLineOf, write, writeJson } from './output.ts';
import { announce, summarize } from './run-summary.ts';
import type { SharedOptions } from './shared-options.ts';
import { UnansweredCalls } from './unanswered-calls.ts';

export interface ShowOptions extends SharedOptions {
  readonly render?: RenderingName;
  /** The rules that the run was started with. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** Names of variables that its agent gets. */
  readonly env?: readonly string[];
}

/** Shows a run until it has ended or was left, and makes that the end of this process. `say` is for people. */
export async function showRun(
  run: RunHandle,
  leavable: LeavableRun,
  options: ShowOptions,
  say: (text: string) => void,
): Promise<void> {
  say(announce(run));
  const unanswered = new UnansweredCalls();
  await show(run, unanswered.counted(leavable.events()), options);
  const left = await leavable.whenLeft();
  if (left !== undefined) {
    process.exitCode = exitCodes.waiting;
    if (options.json === true) await writeJson({ type: 'left', run: left });
    say(leftText(left, options));
    return;
  }
  const result = await run.result;
  process.exitCode = exitCodeOfResult(result);
  await showResult(result, options);
  say(summarize(result, { ...options, unanswered: unanswered.count }));
}

async function show(run: RunHandle, events: AsyncIterable<LogEvent>, options: ShowOptions): Promise<void> {
  const name = options.json === true ? 'none' : (options.render ?? 'studio');
  if (name === 'none') {
    for await (const event of events) if (options.json === true) await write(jsonLineOf(jsonLine(event)));
    return;
  }
  // Of a command one wants to see what it writes, as it writes it, and also when it fails.
  const isCommand = name === 'studio' && (await run.read()).provider === 'shell';
  await renderTo({
    events: isCommand ? withoutRepetition(events) : events,
    renderer: await eventRenderer(name, { toolOutput: isCommand }),
    sinks: [terminalSink()],
    stallTimeout: Number.POSITIVE_INFINITY,
  });
}

/** Without the message at the end of a command, which holds its whole output once more. */
async function* withoutRepetition(events: AsyncIterable<LogEvent>): AsyncGenerator<LogEvent, void, void> {
  for await (const event of events) if (event.type !== 'message_received') yield event;
}

async function showResult(result: RunResult, options: ShowOptions): Promise<void> {
  if (options.json === true) await writeJson({ type: 'result', ...result });
  else if (options.render === 'none' && result.output !== '') {
    await write(visibleText(result.output.endsWith('\n') ? result.output : `${result.output}\n`));
  }
}
