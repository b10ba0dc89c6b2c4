import { AsmError, isAsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { RunId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { isTerminalSession } from '../domain/session.ts';
import type { CallOptions, RowChanges } from '../ports/session-store.ts';
import { endAbandonedProcesses } from '../process/abandoned-process.ts';
import { redactRecord } from './error-redaction.ts';
import { mayGoOn, openApprovals, withdrawal } from './left-approvals.ts';
import { encodeQueued } from './run-queueing.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { lastUsage } from './run-usage.ts';
import { untilUndisputed } from './undisputed.ts';

/** How an abandoned run is ended. */
export type AbandonedEnd =
  /** Default error: `run_abandoned`, and then not for a run that waits for a person. `again`: the run that is queued in the same write to do it once more. */
  | { readonly as: 'failed'; readonly error?: AsmError; readonly again?: (run: Run) => Run | undefined }
  | { readonly as: 'cancelled'; readonly reason: string | undefined; readonly by?: string };

/**
 * Ends every run whose executor is gone: running, but without a live lease. Its agent is found by
 * its cookie and ended. A run that waits for a person, or has an answer to go on with, is left to `goOn`,
 * which gives true when it has taken the run up. Also ends pending runs of sessions that have ended:
 * whoever ended those broke off before their runs. Returns the runs that were ended; runs that live
 * elsewhere are left alone.
 */
export async function recoverRuns(
  environment: ManagerEnvironment,
  goOn: (run: Run) => Promise<boolean>,
  options: CallOptions = {},
): Promise<readonly Run[]> {
  const ended: Run[] = [];
  const failures: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await environment.store.runs(
      { status: ['running', 'pending'], limit: 100, ...(cursor === undefined ? {} : { cursor }) },
      options,
    );
    for (const run of page.rows) {
      try {
        const isEnded =
          run.status === 'running'
            ? !(await goOn(run)) && (await endAbandonedRun(environment, run.id, { as: 'failed' }))
            : await endLeftRun(environment, run);
        if (!isEnded) continue;
        const row = await environment.store.run(run.id, options);
        if (row !== undefined) ended.push(row);
      } catch (thrown) {
        // One agent that can't be ended must not keep the other runs from their end.
        failures.push(thrown);
      }
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (failures.length > 0) throw failures[0];
  return ended;
}

/** Ends a pending run if its session has ended, so that nobody can start it any more. */
async function endLeftRun(environment: ManagerEnvironment, run: Run): Promise<boolean> {
  const session = await environment.store.session(run.sessionId);
  if (session === undefined || !isTerminalSession(session.status)) return false;
  const reason = `The session was ${session.status} before the run began.`;
  return await endPendingRun(environment, run, { as: 'cancelled', reason });
}

/**
 * Ends a run that nobody executes any more. False if somebody does, it has ended already, or it only waits
 * for a person.
 */
export async function endAbandonedRun(
  environment: ManagerEnvironment,
  runId: RunId,
  how: AbandonedEnd,
): Promise<boolean> {
  return await withLease(environment, runId, async (run, token) => {
    if (run.status !== 'running') return false;
    // A person may still say what its agent waits for: then it goes on, here or elsewhere.
    const isGivenUp = how.as !== 'failed' || how.error !== undefined;
    if (!isGivenUp && mayGoOn(environment, await openApprovals(environment, run.id))) return false;
    if (run.cookie !== undefined) {
      await endAbandonedProcesses({
        cookie: run.cookie,
        ...(run.process === undefined ? {} : { identity: run.process }),
      });
    }
    // A person may answer one of the run's questions in the very moment in which it is withdrawn.
    await untilUndisputed(() => writeEnd(environment, run, token, how));
    return true;
  });
}

/** Ends a run without an executor whose question a person answered with the wish to stop it. True if it did. */
export async function endIfStopped(environment: ManagerEnvironment, run: Run): Promise<boolean> {
  const approvals = await openApprovals(environment, run.id);
  const stop = approvals
    .map(({ decision }) => decision)
    .find((one) => one?.as === 'deny' && one.stop === true);
  if (stop?.as !== 'deny') return false;
  return await endAbandonedRun(environment, run.id, {
    as: 'cancelled',
    reason: stop.message ?? 'A person refused a tool call and ended the run.',
  });
}

/** Ends a run that was never started. False if it is no longer pending or is just being started. */
export async function endPendingRun(
  environment: ManagerEnvironment,
  pending: Run,
  how: AbandonedEnd,
): Promise<boolean> {
  // It may be given another place in its queue meanwhile.
  return await untilUndisputed(
    async () =>
      await withLease(environment, pending.id, async (run, token) => {
        if (run.status !== 'pending') return false;
        await writeEnd(environment, run, token, how);
        return true;
      }),
  );
}

async function withLease(
  environment: ManagerEnvironment,
  runId: RunId,
  work: (run: Run, token: number) => Promise<boolean>,
): Promise<boolean> {
  const { store, clock, owner, times } = environment;
  try {
    // Kept while the agent's processes are ended, which may take longer than the lease.
    await using keeper = await LeaseKeeper.take({
      leases: store.leases,
      clock,
      runId,
      owner,
      milliseconds: times.lease,
      onLost: () => undefined,
    });
    const run = await store.run(runId);
    return run !== undefined && (await work(run, keeper.lease.token));
  } catch (thrown) {
    // Somebody else has the run, or has taken it over from us: then it is theirs to end.
    if (isAsmError(thrown) && (thrown.code === 'run_already_executing' || thrown.code === 'lease_lost')) {
      return false;
    }
    throw thrown;
  }
}

async function writeEnd(
  environment: ManagerEnvironment,
  run: Run,
  token: number,
  how: AbandonedEnd,
): Promise<void> {
  const { clock, log, encoder } = environment;
  const data = await lastUsage(environment, run);
  const withdrawn = withdrawal(environment, await openApprovals(environment, run.id));
  const origin = {
    runId: run.id,
    provider: run.provider,
    ...(run.attempt === 0 ? {} : { attempt: run.attempt }),
  };
  const again = how.as === 'failed' ? how.again?.(run) : undefined;
  const cause = how.as === 'failed' ? (how.error ?? abandoned(again)) : abandoned();
  const error = redactRecord(cause.toJSON(), environment.redactor);
  const terminal: EventDraft =
    how.as === 'failed'
      ? { type: 'run_failed', data: { ...data, error } }
      : {
          type: 'run_cancelled',
          data: {
            ...data,
            ...(how.reason === undefined ? {} : { reason: how.reason }),
            ...(how.by === undefined ? {} : { by: how.by }),
          },
        };
  const set: RowChanges<Run> = {
    status: how.as,
    endedAt: clock.now(),
    ...(run.queuePosition === undefined ? {} : { queuePosition: undefined }),
    ...(run.activity === undefined ? {} : { activity: undefined }),
    ...(run.waitingFor === undefined ? {} : { waitingFor: undefined }),
    ...(run.parked === undefined ? {} : { parked: undefined }),
    ...data,
    ...(how.as === 'failed' ? { error } : {}),
  };
  await log.commit({
    sessionId: run.sessionId,
    lease: { runId: run.id, token },
    runs: [
      { id: run.id, expectedVersion: run.version, set },
      ...(again === undefined ? [] : [{ create: again }]),
    ],
    ...(withdrawn.approvals.length === 0 ? {} : { approvals: withdrawn.approvals }),
    events: [
      ...withdrawn.events,
      encoder.encode(terminal, origin),
      ...(again === undefined ? [] : encodeQueued(environment, again)),
    ],
  });
}

function abandoned(again?: Run): AsmError {
  const advice =
    again === undefined ? 'Start another run; the agent' : `Run ${again.id} does it again; the first agent`;
  return new AsmError(
    'run_abandoned',
    `The process that executed the run is gone. ${advice} may have changed files before.`,
    again === undefined ? {} : { details: { rerunAs: again.id } },
  );
}
