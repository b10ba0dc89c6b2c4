import type { EventData } from './event-data.ts';
import type { RunId, SessionId } from './id.ts';
import type { JsonValue } from './json.ts';

/** The names of all events, in the order of the reference in the docs. */
export const eventTypes = [
  'session_created',
  'session_activated',
  'session_paused',
  'session_resumed',
  'session_completed',
  'session_failed',
  'session_cancelled',
  'run_created',
  'run_queued',
  'run_moved',
  'run_started',
  'run_completed',
  'run_failed',
  'run_cancelled',
  'run_timed_out',
  'run_cancel_requested',
  'run_interrupt_requested',
  'run_interrupted',
  'run_steer_requested',
  'run_steered',
  'run_parked',
  'run_resumed',
  'attempt_routed',
  'agent_started',
  'conversation_replayed',
  'attempt_failed',
  'agent_retrying',
  'message_sent',
  'message_streamed',
  'message_received',
  'reasoning_streamed',
  'reasoning_received',
  'tool_call_started',
  'tool_approval_requested',
  'tool_approval_granted',
  'tool_approval_denied',
  'tool_approval_expired',
  'tool_approval_withdrawn',
  'tool_approval_revoked',
  'tool_call_decided',
  'tool_output_streamed',
  'tool_call_completed',
  'tool_call_failed',
  'policy_violated',
  'loop_detected',
  'run_stalled',
  'watchdog_acted',
  'run_recovered',
  'subagent_started',
  'subagent_completed',
  'plan_updated',
  'file_changed',
  'turn_completed',
  'token_usage_updated',
  'budget_warning_raised',
  'rate_limit_updated',
  'context_compacted',
  'warning_raised',
  'unparsed',
] as const satisfies readonly (keyof EventData)[];

export type EventType = keyof EventData;

/** The event types that end a run; each run has exactly one of them. */
export const terminalRunEvents = ['run_completed', 'run_failed', 'run_cancelled', 'run_timed_out'] as const;
export type TerminalRunEvent = (typeof terminalRunEvents)[number];

export const terminalSessionEvents = ['session_completed', 'session_failed', 'session_cancelled'] as const;

interface Envelope {
  readonly sessionId: SessionId;
  /** Number in the session's log: from 1, without gaps, never reused. The cursor of readers. */
  readonly seq: number;
  /** Grows along each session; only the store's feed may compare it across sessions. */
  readonly position: number;
  /** Wall time in milliseconds since 1970, when the library took the event in. */
  readonly time: number;
  readonly runId?: RunId;
  /** The try within the run that produced the event, from 1. */
  readonly attempt?: number;
  /** Name of the provider that the event comes from. */
  readonly provider?: string;
}

/** A stored event, as readers get it. Narrow by `type`. Deeply frozen. */
export type Event<Type extends EventType = EventType> = {
  [Name in Type]: Envelope & { readonly type: Name; readonly data: EventData[Name] };
}[Type];

/** An event whose type a newer version of this library wrote. */
export type UnrecognizedEvent = Envelope & {
  readonly type: 'unrecognized';
  readonly originalType: string;
  readonly data: JsonValue;
};

/** What reading a log gives. */
export type LogEvent = Event | UnrecognizedEvent;

/** An event that is yet to be stored: it gets its number when it is. */
export type EventDraft<Type extends EventType = EventType> = {
  [Name in Type]: { readonly type: Name; readonly data: EventData[Name] };
}[Type];

const knownTypes: ReadonlySet<string> = new Set(eventTypes);
const terminalTypes: ReadonlySet<string> = new Set(terminalRunEvents);
const terminalSessionTypes: ReadonlySet<string> = new Set(terminalSessionEvents);

export function isEventType(text: string): text is EventType {
  return knownTypes.has(text);
}

export function isTerminalRunEvent(event: { readonly type: string }): boolean {
  return terminalTypes.has(event.type);
}

export function isTerminalSessionEvent(event: { readonly type: string }): boolean {
  return terminalSessionTypes.has(event.type);
}
