import type { ApprovalId } from '../domain/approval.ts';
import { isTerminalRunEvent, type LogEvent } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { FollowQuery } from './event-log.ts';
import { follow } from './follow.ts';
import { expireLate } from './approval-operations.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** What became of the wait for an answer to a parked run's question. */
export type ParkedWait =
  /** It was answered, its time is over, or the run has ended or gone on. */
  | { readonly as: 'over' }
  /** Somebody wants the run ended, and its executor let go of it before it heard of that. */
  | { readonly as: 'cancel'; readonly reason: string | undefined };

/** Waits for a person to answer a parked run's question. */
export async function waitForAnswer(
  environment: ManagerEnvironment,
  run: Run,
  signal: AbortSignal,
): Promise<ParkedWait> {
  const { log, store, clock } = environment;
  const { parked } = run;
  if (parked === undefined) return waitIsOver;
  const over = new AbortController();
  const approval = await store.approval(parked.approvalId);
  if (approval === undefined) return waitIsOver;
  const stopTimer = clock.startTimer(Math.max(0, approval.deadline - clock.now()), () => over.abort());
  try {
    const query: FollowQuery = {
      runId: run.id,
      after: run.logStart,
      types: [
        'tool_approval_granted',
        'tool_approval_denied',
        'tool_approval_expired',
        'run_resumed',
        'run_cancel_requested',
      ],
      signal: AbortSignal.any([signal, over.signal]),
    };
    const answers = follow(log, run.sessionId, query, { endless: true });
    for await (const event of answers) {
      if (isTerminalRunEvent(event) || isAbout(event, parked.approvalId)) return waitIsOver;
      if (event.type === 'run_cancel_requested') return { as: 'cancel', reason: event.data.reason };
    }
  } catch (thrown) {
    if (signal.aborted || !over.signal.aborted) throw thrown;
    // By the wall clock it may not be over, if that was set back: then by ours.
    await expireLate(environment, { ...approval, deadline: 0 });
  } finally {
    stopTimer();
  }
  return waitIsOver;
}

const waitIsOver: ParkedWait = { as: 'over' };

function isAbout(event: LogEvent, id: ApprovalId): boolean {
  switch (event.type) {
    case 'tool_approval_granted':
    case 'tool_approval_denied':
    case 'tool_approval_expired':
      return event.data.approvalId === id;
    case 'run_resumed':
      return event.data.approvalIds.includes(id);
    default:
      return false;
  }
}
