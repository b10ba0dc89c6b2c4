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
export function summarize(result: RunResult, options: ShowOptions): string {
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

/** True when the person has just read the error in what was rendered. */
function isShown({ render }: ShowOptions): boolean {
  return process.stdout.isTTY && render !== 'none';
}
