import { totalTokens } from '../domain/usage.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import type { RunResult } from '../manager/run-result.ts';
import { oneLine } from '../rendering/visible-text.ts';
import { paintFor } from './paint.ts';
import type { ShowOptions } from './shown-run.ts';
import { storeWords } from './command-words.ts';
import { costText } from './cost-text.ts';
import { recoveryAdvice } from './recovery-advice.ts';
import { duration } from './time-text.ts';

/** How another terminal finds a run that has just begun. */
export function announce(run: RunHandle): string {
  return paintFor(process.stderr).dim(`${run.sessionId} · ${run.id}`);
}

/** What a person wants to know after a run, in two or three lines. */
export function summarize(
  result: RunResult,
  options: ShowOptions & {
    /** Tool calls that were refused since nobody was there. */
    readonly unanswered: number;
  },
): string {
  const paint = paintFor(process.stderr);
  const { status, sessionId } = result;
  const error = status === 'failed' || status === 'timed_out' ? result.error : undefined;
  const tokens = totalTokens(result.usage);
  const facts = [
    (status === 'completed' ? paint.green : paint.red)(status) +
      (status === 'completed' && result.interrupted ? ' (interrupted)' : '') +
      (error === undefined ? '' : ` ${paint.dim(`[${error.code}]`)}`),
    duration(result.durationMs),
    ...(tokens === 0 ? [] : [`${tokens} tokens`]),
    ...(result.cost === undefined ? [] : [costText(result.cost)]),
  ];
  const lines = [facts.join(paint.dim(' · '))];
  if (error !== undefined && !isShown(options)) lines.push(oneLine(error.message, 1_000));
  const advice = error === undefined ? undefined : recoveryAdvice(error);
  if (advice !== undefined) lines.push(advice);
  const { policy } = result;
  if (options.unanswered > 0) lines.push(unansweredText(options.unanswered, policy !== undefined));
  if (policy !== undefined && policy.violationCount > 0) {
    const times = policy.violationCount === 1 ? 'once' : `${policy.violationCount} times`;
    lines.push(paint.red(oneLine(`policy ${policy.name} violated ${times}`, 300)));
  }
  const where = storeWords(options);
  // A line each: together they would be longer than a terminal of 80 columns is wide, with an id cut in two.
  lines.push(paint.dim(`go on: asm run${where} --session ${sessionId} "…"`));
  lines.push(paint.dim(`look:  asm show${where} ${sessionId}`));
  return lines.join('\n');
}

/** A policy that asks is not overruled by a rule or a mode. */
function unansweredText(count: number, hasPolicy: boolean): string {
  const [calls, them] = count === 1 ? ['1 tool call was', 'it'] : [`${count} tool calls were`, 'them'];
  const means = hasPolicy ? '--approvals' : '--allow, --permission-mode or --approvals';
  return `${calls} refused, since nobody was there to allow ${them}: next time with ${means}.`;
}

/** True when the person has just read the error in what was rendered. */
function isShown({ render }: ShowOptions): boolean {
  return process.stdout.isTTY && render !== 'none';
}
