import { AsmError } from '../domain/error.ts';
import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { follow } from './follow.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** The run's row. Throws `run_not_found`. */
export async function findRun(
  environment: ManagerEnvironment,
  id: RunId,
  options: CallOptions = {},
): Promise<Run> {
  const row = await environment.store.run(id, options);
  if (row !== undefined) return row;
  throw new AsmError('run_not_found', `There is no run ${id} in this store.`, { details: { runId: id } });
}

/** The run's row once it has ended, whoever executes it. */
export async function waitForEnd(
  environment: ManagerEnvironment,
  run: Run,
  options: CallOptions,
): Promise<Run> {
  const end = follow(environment.log, run.sessionId, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    runId: run.id,
    after: run.logStart,
    types: [],
  });
  for await (const _event of end);
  return await findRun(environment, run.id, options);
}

/** The same, but `undefined` if the run has not ended after `milliseconds`. */
export async function waitForEndWithin(
  environment: ManagerEnvironment,
  run: Run,
  options: CallOptions,
  milliseconds: number,
): Promise<Run | undefined> {
  const over = new AbortController();
  const stopTimer = environment.clock.startTimer(milliseconds, () => over.abort());
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  try {
    return await waitForEnd(environment, run, { signal });
  } catch (thrown) {
    if (over.signal.aborted && options.signal?.aborted !== true) return undefined;
    throw thrown;
  } finally {
    stopTimer();
  }
}
