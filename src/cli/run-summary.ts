import pc from 'picocolors';
import { totalTokens } from '../domain/usage.ts';
import type { RunResult } from '../manager/run-result.ts';
import { oneLine } from '../rendering/index.ts';
import { duration } from './time-text.ts';

/** What a person wants to know after a run, in two or three lines. */
export function summarize(sessionId: string, result: RunResult): string {
  const status = result.status === 'completed' ? pc.green(result.status) : pc.red(result.status);
  const facts = [
    status + (result.status === 'completed' && result.interrupted ? ' (interrupted)' : ''),
    duration(result.durationMs),
    `${totalTokens(result.usage)} tokens`,
    ...(result.cost === undefined ? [] : [`$${result.cost.usd}`]),
  ];
  const lines = [facts.join(pc.dim(' · '))];
  if (result.status === 'failed' || result.status === 'timed_out') {
    lines.push(`${oneLine(result.error.message, 1_000)} ${pc.dim(`[${result.error.code}]`)}`);
  }
  lines.push(pc.dim(`go on: asm run --session ${sessionId} "…"   look: asm show ${sessionId}`));
  return lines.join('\n');
}
