import { AsmError } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import { runIdOf } from '../manager/given-id.ts';
import type { ManagerEnvironment } from '../manager/manager-environment.ts';
import { findRun } from '../manager/run-wait.ts';
import { commitWithSession } from '../manager/session-change.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { openRuns } from './open-runs.ts';
import type { QueuePlace } from './session-server.ts';

/** A run with its new place, and where the log tells of it. */
export interface MovedRun {
  readonly run: Run;
  readonly seq: number;
}

/**
 * Gives a queued run another place. The queue is read from the store and written in one change, so that
 * moves at once, from several processes, come one after the other. Throws `invalid_operation` if the
 * run, or the one before which it is to go, waits no more.
 */
export async function moveQueuedRun(
  environment: ManagerEnvironment,
  sessionId: SessionId,
  runId: RunId,
  place: QueuePlace,
  options: CallOptions = {},
): Promise<MovedRun> {
  const { store, encoder, clock } = environment;
  let run: Run | undefined;
  const { latestSeq } = await commitWithSession(environment, sessionId, async (session) => {
    const queued = queuedRuns(await openRuns(store, sessionId, options));
    const moves = await newPlaces(environment, queued, runId, place);
    run = moves.find((row) => row.id === runId);
    return {
      sessionId,
      // Its version is what another process trips over that moves or starts a run meanwhile.
      session: { id: sessionId, expectedVersion: session.version, set: { updatedAt: clock.now() } },
      runs: moves.map(({ id, version, queuePosition }) => ({
        id,
        expectedVersion: version - 1,
        set: { queuePosition },
      })),
      events: moves.map(({ id, provider, queuePosition = 0 }) =>
        encoder.encode({ type: 'run_moved', data: { position: queuePosition } }, { runId: id, provider }),
      ),
    };
  });
  return { run: run ?? (await findRun(environment, runId)), seq: latestSeq };
}

/** The queued ones of some runs, in the order in which they will start. */
export function queuedRuns(runs: readonly Run[]): readonly Run[] {
  return runs
    .filter((run) => run.status === 'pending' && run.queuePosition !== undefined)
    .toSorted((first, second) => {
      const difference = placeOf(first) - placeOf(second);
      return difference === 0 ? (first.id < second.id ? -1 : 1) : difference;
    });
}

/** The error for a run that was queued, or was never. */
export function notQueued(run: Run): AsmError {
  return new AsmError(
    'invalid_operation',
    `Run ${run.id} is ${run.status} and waits in no queue${run.status === 'running' ? '; cancel it instead' : ''}.`,
    { details: { runId: run.id, status: run.status } },
  );
}

/** The rows that get another place, as they will be. */
async function newPlaces(
  environment: ManagerEnvironment,
  queued: readonly Run[],
  runId: RunId,
  place: QueuePlace,
): Promise<readonly Run[]> {
  const moved = queued.find((run) => run.id === runId);
  if (moved === undefined) throw notQueued(await findRun(environment, runId));
  const others = queued.filter((run) => run !== moved);
  const index = await indexOf(environment, others, place);
  const [previous, next] = [others[index - 1], others[index]];
  const position =
    next === undefined
      ? previous === undefined
        ? placeOf(moved)
        : placeOf(previous) + 1
      : previous === undefined
        ? placeOf(next) - 1
        : (placeOf(previous) + placeOf(next)) / 2;
  const isBetween =
    (previous === undefined || placeOf(previous) < position) &&
    (next === undefined || position < placeOf(next));
  if (isBetween) return [at(moved, position)];
  // No number is left between its neighbours: all are numbered anew, up to the last one's place.
  const ordered = others.toSpliced(index, 0, moved);
  const last = Math.ceil(placeOf(queued.at(-1) ?? moved));
  return ordered.flatMap((run, number) => {
    const numbered = last - ordered.length + 1 + number;
    return run !== moved && run.queuePosition === numbered ? [] : [at(run, numbered)];
  });
}

async function indexOf(
  environment: ManagerEnvironment,
  others: readonly Run[],
  place: QueuePlace,
): Promise<number> {
  if (place === 'first') return 0;
  if (place === 'last') return others.length;
  const index = others.findIndex((run) => run.id === place.before);
  if (index < 0) throw notQueued(await findRun(environment, runIdOf(place.before)));
  return index;
}

function at(run: Run, queuePosition: number): Run {
  return { ...run, queuePosition, version: run.version + 1 };
}

function placeOf({ queuePosition = 0 }: Run): number {
  return queuePosition;
}
