import { randomUUID } from 'node:crypto';
import { orAborted } from '../domain/abort.ts';
import type { ApprovalId } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import type { EventDraft, LogEvent } from '../domain/event.ts';
import type { RunId } from '../domain/id.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import type { CallOptions } from '../ports/session-store.ts';
import { follow } from './follow.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { endAbandonedRun, endPendingRun } from './recovery.ts';
import { findRun, waitForEndWithin } from './run-wait.ts';

/** Milliseconds after which one looks again whether anybody is still there to end the run. */
const longestWait = 1_000;

/** Options of what is asked of a run. */
export interface RequestOptions extends CallOptions {
  /** Who asks, for the log: at most 200 characters. */
  readonly by?: string;
}

/** Longest name of who asks, in UTF-16 units. */
const longestName = 200;

/** What the log says of who asks. Throws `invalid_input` for a name that is too long. */
export function asked({ by }: RequestOptions): { readonly by?: string } {
  if (by === undefined) return {};
  if (by.length > 0 && by.length <= longestName) return { by };
  throw new AsmError('invalid_input', `\`by\` is a text of 1 to ${longestName} characters.`);
}

/**
 * Ends a run, whoever executes it, and gives its last row. A pending run is ended at once; so is a
 * running one that nobody executes any more, or not until its end; for a live one the request is
 * written to its session's log. `finished` is the last row of a run that this process executes.
 */
export async function cancelRun(
  environment: ManagerEnvironment,
  run: Run,
  reason: string | undefined,
  options: RequestOptions = {},
  finished?: Promise<Run>,
): Promise<Run> {
  const who = asked(options);
  const ended = await endUnlessAlive(environment, run, { reason, ...who });
  if (ended !== undefined) return ended;
  await write(environment, run, {
    type: 'run_cancel_requested',
    data: { requestId: randomUUID(), ...(reason === undefined ? {} : { reason }), ...who },
  });
  if (finished !== undefined) return await orAborted(finished, options.signal);
  for (;;) {
    const row =
      (await waitForEndWithin(environment, run, options, Math.min(environment.times.lease, longestWait))) ??
      (await endUnlessAlive(environment, run, { reason, ...who }));
    if (row !== undefined) return row;
  }
}

/** The last row of a run that has ended or could be ended; `undefined` while somebody holds its lease. */
async function endUnlessAlive(
  environment: ManagerEnvironment,
  run: Run,
  why: { readonly reason: string | undefined; readonly by?: string },
): Promise<Run | undefined> {
  const current = await findRun(environment, run.id);
  if (isTerminalRun(current.status)) return current;
  const isOurs =
    current.status === 'pending'
      ? await endPendingRun(environment, current, { as: 'cancelled', ...why })
      : await endAbandonedRun(environment, run.id, { as: 'cancelled', ...why });
  return isOurs ? await findRun(environment, run.id) : undefined;
}

/**
 * Writes a request to a running run and waits for its answer, or for the end of the run. Throws
 * `invalid_operation` when the run isn't running.
 */
export async function requestOfRun(
  environment: ManagerEnvironment,
  run: Run,
  make: (requestId: string) => EventDraft<'run_interrupt_requested' | 'run_steer_requested'>,
  options: CallOptions,
): Promise<LogEvent> {
  const current = await environment.store.run(run.id, options);
  if (current?.status !== 'running') {
    throw new AsmError(
      'invalid_operation',
      `Run ${run.id} is ${current?.status ?? 'gone'}; only a running run can be spoken to.`,
    );
  }
  if (current.parked !== undefined) throw hasNoAgent(run.id, current.parked.approvalId);
  const requestId = randomUUID();
  const after = await write(environment, run, make(requestId));
  const answers = follow(environment.log, run.sessionId, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    runId: run.id,
    after,
    types: [
      'run_interrupted',
      'run_steered',
      'run_parked',
      'run_completed',
      'run_failed',
      'run_cancelled',
      'run_timed_out',
    ],
  });
  for await (const event of answers) {
    // The agent was ended at the same moment: nobody has heard of the request.
    if (event.type === 'run_parked') throw hasNoAgent(run.id, event.data.approvalId);
    if (event.type !== 'run_interrupted' && event.type !== 'run_steered') return event;
    if (event.data.requestId === requestId) return event;
  }
  throw new AsmError('invalid_operation', `Run ${run.id} has ended.`);
}

function hasNoAgent(runId: RunId, approvalId: ApprovalId): AsmError {
  return new AsmError(
    'invalid_operation',
    `Run ${runId} has no agent while it waits for approval ${approvalId}: answer that, or cancel the run.`,
    { details: { runId, approvalId } },
  );
}

async function write(environment: ManagerEnvironment, run: Run, draft: EventDraft): Promise<number> {
  const { latestSeq } = await environment.log.commit({
    sessionId: run.sessionId,
    events: [environment.encoder.encode(draft, { runId: run.id })],
  });
  return latestSeq;
}
