import type { RunId } from '../domain/id.ts';
import type { ManagerEnvironment } from '../manager/manager-environment.ts';
import { nextChange } from '../manager/next-change.ts';
import { endPendingRun } from '../manager/recovery.ts';
import { runResult, type RunResult } from '../manager/run-result.ts';
import { findRun } from '../manager/run-wait.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { notQueued } from './queue-move.ts';

/** Milliseconds after which one looks again at a run that somebody else holds. */
const lookAgain = 250;

/** Takes a run out of its queue, so that nobody starts it. Throws `invalid_operation` if it waits no more. */
export async function withdrawQueuedRun(
  environment: ManagerEnvironment,
  runId: RunId,
  { signal }: CallOptions,
): Promise<RunResult> {
  const end = { as: 'cancelled', reason: 'It was withdrawn.' } as const;
  for (;;) {
    const row = await findRun(environment, runId);
    if (row.status !== 'pending' || row.queuePosition === undefined) throw notQueued(row);
    using change = nextChange(environment, row.sessionId);
    if (await endPendingRun(environment, row, end)) return runResult(await findRun(environment, runId));
    // Somebody starts it, or ends it too: what comes of that is told by its row.
    await change.wait(lookAgain, signal);
  }
}
