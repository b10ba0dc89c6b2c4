import type { EventDraft, EventType } from '../domain/event.ts';
import type { Run } from '../domain/run.ts';
import type { EventLog } from './event-log.ts';

/** Events that are read at once; tool calls may be long. */
const pageSize = 100;

/** What is counted; without the pieces of texts, which are most of a log. */
const countedEvents: readonly EventType[] = [
  'run_started',
  'run_parked',
  'run_resumed',
  'attempt_routed',
  'attempt_failed',
  'agent_started',
  'message_received',
  'tool_call_started',
  'tool_call_decided',
  'tool_call_completed',
  'tool_call_failed',
  'tool_approval_requested',
  'tool_approval_granted',
  'tool_approval_denied',
  'tool_approval_expired',
  'tool_approval_withdrawn',
  'turn_completed',
  'token_usage_updated',
  'policy_violated',
  'loop_detected',
  'watchdog_acted',
  'budget_warning_raised',
  'warning_raised',
];

/** Counts what a run did before it goes on; `at` is the wall time of the event. */
interface Recalling {
  recall(draft: EventDraft, at: number): void;
}

/** Tells what the run did before it goes on, up to and with the event `until`. Rejects as the store does. */
export async function recallRun(
  log: EventLog,
  { id: runId, sessionId, logStart }: Run,
  until: number,
  listeners: readonly Recalling[],
): Promise<void> {
  let after = logStart;
  for (let hasMore = true; hasMore;) {
    const page = await log.page({
      ...{ sessionId, runId, after, before: until + 1 },
      types: countedEvents,
      limit: pageSize,
    });
    for (const event of page.events)
      if (event.type !== 'unrecognized') for (const listener of listeners) listener.recall(event, event.time);
    after = page.scannedTo;
    ({ hasMore } = page);
  }
}
