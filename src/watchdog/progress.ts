import type { EventDraft, EventType } from '../domain/event.ts';

/**
 * Whether an event shows that the work goes on. Not what is told while an agent waits, what others say to it, and
 * what this library writes by itself. A new event type must be put on one side.
 */
const progress: Readonly<Record<EventType, boolean>> = {
  session_created: false,
  session_activated: false,
  session_paused: false,
  session_resumed: false,
  session_completed: false,
  session_failed: false,
  session_cancelled: false,
  run_created: false,
  run_queued: false,
  run_moved: false,
  run_started: false,
  run_completed: false,
  run_failed: false,
  run_cancelled: false,
  run_timed_out: false,
  run_cancel_requested: false,
  run_interrupt_requested: false,
  run_interrupted: false,
  run_steer_requested: false,
  run_steered: false,
  run_parked: false,
  run_resumed: false,
  attempt_routed: true,
  agent_started: true,
  conversation_replayed: false,
  attempt_failed: false,
  agent_retrying: false,
  message_sent: false,
  message_streamed: true,
  message_received: true,
  reasoning_streamed: true,
  reasoning_received: true,
  tool_call_started: true,
  tool_approval_requested: false,
  tool_approval_granted: false,
  tool_approval_denied: false,
  tool_approval_expired: false,
  tool_approval_withdrawn: false,
  tool_approval_revoked: false,
  tool_call_decided: true,
  tool_output_streamed: true,
  tool_call_completed: true,
  tool_call_failed: true,
  policy_violated: false,
  loop_detected: false,
  run_stalled: false,
  watchdog_acted: false,
  run_recovered: false,
  subagent_started: true,
  subagent_completed: true,
  plan_updated: true,
  file_changed: true,
  turn_completed: true,
  token_usage_updated: false,
  budget_warning_raised: false,
  rate_limit_updated: false,
  context_compacted: true,
  warning_raised: false,
  unparsed: false,
};

/** True when the event shows that the work goes on. An empty piece of text is only a sign of life. */
export function isProgress(draft: EventDraft): boolean {
  switch (draft.type) {
    case 'message_streamed':
    case 'reasoning_streamed':
    case 'tool_output_streamed':
      return draft.data.text !== '';
    default:
      return progress[draft.type];
  }
}
