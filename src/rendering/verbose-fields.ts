import type { Event, LogEvent } from '../domain/event.ts';
import { sessionFields } from './verbose-session-fields.ts';
import { runFields } from './verbose-run-fields.ts';
import { requestFields } from './verbose-request-fields.ts';
import { approvalFields } from './verbose-approval-fields.ts';
import { attemptFields } from './verbose-attempt-fields.ts';
import { messageFields } from './verbose-message-fields.ts';
import { toolFields } from './verbose-tool-fields.ts';
import { usageFields } from './verbose-usage-fields.ts';
import { guardFields } from './verbose-guard-fields.ts';
import { jsonValue, textValue, type VerboseEvent } from './verbose-line.ts';

type LineEvent = Exclude<LogEvent, Event<'message_streamed' | 'reasoning_streamed'>>;

/** What the verbose renderer says about an event. */
export function verboseFields(event: LineEvent): VerboseEvent {
  switch (event.type) {
    case 'session_created':
    case 'session_activated':
    case 'session_paused':
    case 'session_resumed':
    case 'session_completed':
    case 'session_failed':
    case 'session_cancelled':
      return sessionFields(event);
    case 'run_created':
    case 'run_queued':
    case 'run_moved':
    case 'run_started':
    case 'run_completed':
    case 'run_failed':
    case 'run_timed_out':
    case 'run_cancelled':
    case 'run_resumed':
      return runFields(event);
    case 'run_cancel_requested':
    case 'run_interrupt_requested':
    case 'run_steer_requested':
    case 'run_interrupted':
    case 'run_steered':
      return requestFields(event);
    case 'run_parked':
    case 'tool_approval_requested':
    case 'tool_approval_granted':
    case 'tool_approval_denied':
    case 'tool_approval_expired':
    case 'tool_approval_withdrawn':
    case 'tool_approval_revoked':
      return approvalFields(event);
    case 'agent_started':
    case 'attempt_routed':
    case 'conversation_replayed':
    case 'attempt_failed':
    case 'agent_retrying':
      return attemptFields(event);
    case 'message_sent':
    case 'message_received':
    case 'reasoning_received':
    case 'plan_updated':
      return messageFields(event);
    case 'tool_call_started':
    case 'tool_call_decided':
    case 'tool_output_streamed':
    case 'tool_call_completed':
    case 'tool_call_failed':
    case 'subagent_started':
    case 'subagent_completed':
    case 'file_changed':
      return toolFields(event);
    case 'turn_completed':
    case 'token_usage_updated':
    case 'rate_limit_updated':
    case 'context_compacted':
      return usageFields(event);
    case 'budget_warning_raised':
    case 'policy_violated':
    case 'loop_detected':
    case 'run_stalled':
    case 'watchdog_acted':
    case 'run_recovered':
    case 'warning_raised':
      return guardFields(event);
    case 'unparsed':
      return {
        tag: 'event',
        color: 'dim',
        fields: [
          ['type', 'unparsed'],
          ['data', jsonValue(event.data.raw)],
        ],
      };
    case 'unrecognized':
      return {
        tag: 'event',
        color: 'dim',
        fields: [
          ['type', textValue(event.originalType)],
          ['data', jsonValue(event.data)],
        ],
      };
  }
}
