import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { noUsage } from '../domain/usage.ts';
import type { ManagerParts } from '../manager/manager-parts.ts';
import { endAbandonedRun } from '../manager/recovery.ts';
import type { CommonRunOptions } from '../manager/run-options.ts';
import type { AbandonedPolicy } from './session-server-options.ts';

/**
 * Ends a run whose process is gone, as the policy says. Does nothing while somebody holds its lease.
 * A run that was run again once is not run a third time: what ends its process may be the run itself.
 */
export async function recoverRun(
  { environment, operations }: ManagerParts,
  runId: RunId,
  defaults: CommonRunOptions,
  policy: AbandonedPolicy,
  firstPosition: () => number,
): Promise<void> {
  const { ids, clock, store } = environment;
  const row = await store.run(runId);
  // What waits for a person goes on with the answer: it is no run to be given up.
  if (row?.status === 'running' && (await operations.goOn(row, defaults))) return;
  const again = (run: Run): Run | undefined => {
    if (policy === 'fail' || run.rerunOf !== undefined) return undefined;
    const { router } = run.options;
    return {
      id: ids('run'),
      sessionId: run.sessionId,
      status: 'pending',
      version: 1,
      createdAt: clock.now(),
      logStart: run.logStart,
      provider: typeof router === 'string' ? router : run.provider,
      input: run.input,
      ...(run.inputRedacted === true ? { inputRedacted: true } : {}),
      options: run.options,
      attempt: 0,
      usage: noUsage,
      queuePosition: firstPosition(),
      rerunOf: run.id,
    };
  };
  await endAbandonedRun(environment, runId, { as: 'failed', again });
}
