import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../domain/clock.ts';
import { pause } from '../../domain/pause.ts';
import type { CallRegistry } from './call-registry.ts';

/** Milliseconds that the message of a call may take: a subagent's comes a little after the question about it. */
const longestWait = 500;

/**
 * Lets what the agent said before it asked about a call be told first. Its hook is called at once, while messages wait
 * for their reader. Resolves after a moment in any case: a reader that is slow is not waited for.
 */
export async function untilTold(id: string, calls: CallRegistry, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, signal]);
  await Promise.race([calls.whenOpened(id), pause(longestWait, stop, systemClock)]);
  over.abort();
  // The events of a message are taken in the turn in which it is read.
  await nextTurn();
}
