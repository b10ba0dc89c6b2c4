import { AsmError, hasErrorCode } from '../domain/error.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { nextChange } from './next-change.ts';
import type { PreparedRun } from './prepared-run.ts';
import type { RunHandle } from './run-handle.ts';
import { requestDifferences } from './run-start.ts';

/** Milliseconds after which a start that another one holds up is tried again, if nothing is heard of that. */
const retryDelay = 250;

/** What becomes of the run of a key. */
export interface KeyedStart {
  /** Starts it; `isNew`: nothing of it is stored. */
  start(prepared: PreparedRun, isNew: boolean): Promise<RunHandle>;
  /** It was started before. */
  found(run: Run): RunHandle;
}

/**
 * The run of a key: the one that is there, else a new one. Who comes second waits until the first has
 * written its run, or until its lease has run out.
 */
export async function startOfKey(
  environment: ManagerEnvironment,
  prepared: PreparedRun,
  ways: KeyedStart,
): Promise<RunHandle> {
  const { clock, times } = environment;
  const { run, options } = prepared;
  const deadline = clock.monotonic() + times.lease + 2 * retryDelay;
  for (;;) {
    using change = nextChange(environment, run.sessionId);
    const earlier = await earlierRun(environment, run);
    if (earlier !== undefined && earlier.status !== 'pending') return ways.found(earlier);
    try {
      return await ways.start({ ...prepared, run: earlier ?? run }, earlier === undefined);
    } catch (thrown) {
      const waits = hasErrorCode(thrown, 'run_already_executing');
      const other = waits || hasErrorCode(thrown, 'already_exists') || hasErrorCode(thrown, 'conflict');
      if (!other || clock.monotonic() > deadline) throw thrown;
      if (waits) await change.wait(retryDelay, options.signal);
    }
  }
}

/** The run that was made with the same key. Throws `idempotency_key_reused` if it is another one. */
export async function earlierRun({ store }: ManagerEnvironment, run: Run): Promise<Run | undefined> {
  const earlier = await store.run(run.id);
  const differences = earlier === undefined ? [] : requestDifferences(earlier, run);
  if (differences.length > 0) {
    throw new AsmError(
      'idempotency_key_reused',
      `The key of run ${run.id} was used before, with other values of: ${differences.join(', ')}.`,
      { details: { runId: run.id, differences } },
    );
  }
  return earlier;
}
