import type { ApprovalId } from '../domain/approval.ts';
import { isTerminalRunEvent, type LogEvent } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import { follow } from './follow.ts';
import { expireLate } from './approval-operations.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** Resolves when a person has answered a parked run's question, its time is over, or the run has ended or gone on. */
export async function waitForAnswer(
  environment: ManagerEnvironment,
  run: Run,
  signal: AbortSignal,
): Promise<void> {
  const { log, store, clock } = environment;
  const { parked } = run;
  if (parked === undefined) return;
  const over = new AbortController();
  const approval = await store.approval(parked.approvalId);
  if (approval === undefined) return;
  const stopTimer = clock.startTimer(Math.max(0, approval.deadline - clock.now()), () => over.abort());
  try {
    const answers = follow(log, run.sessionId, {
      runId: run.id,
      after: run.logStart,
      types: ['tool_approval_granted', 'tool_approval_denied', 'tool_approval_expired', 'run_resumed'],
      endless: true,
      signal: AbortSignal.any([signal, over.signal]),
    });
    for await (const event of answers) {
      if (isTerminalRunEvent(event)) return;
      if (isAbout(event, parked.approvalId)) return;
    }
  } catch (thrown) {
    if (signal.aborted || !over.signal.aborted) throw thrown;
    // By the wall clock it may not be over, if that was set back: then by ours.
    await expireLate(environment, { ...approval, deadline: 0 });
  } finally {
    stopTimer();
  }
}

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
