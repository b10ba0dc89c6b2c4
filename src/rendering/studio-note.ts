import type { Event, LogEvent } from '../domain/event.ts';
import { permissionModes } from '../domain/tool.ts';
import { approvalText } from './approval-note.ts';
import { violationText } from './policy-text.ts';
import { budgetText, formatCount, formatDuration, plural, shortModel } from './figure-format.ts';
import { oneLine } from './visible-text.ts';
import { watchdogNote } from './watchdog-note.ts';

/** The symbols at the start of lines. */
export const studioSymbols = {
  info: '●',
  running: '◐',
  ok: '✓',
  fail: '✗',
  open: '○',
  sent: '›',
  nested: '↳',
} as const;

/** A line that says one thing about an event. */
export interface StudioNote {
  readonly kind: 'info' | 'fail' | 'dim' | 'warn' | 'sent';
  readonly text: string;
}

const length = 200;
const namesOfModes: readonly string[] = permissionModes;

/** The note of an event that isn't part of a text, a tool call, a plan or a run's start and end. */
export function studioNote(event: LogEvent): StudioNote | undefined {
  switch (event.type) {
    case 'session_paused':
      return { kind: 'info', text: 'Session paused' };
    case 'session_resumed':
      return { kind: 'info', text: 'Session resumed' };
    case 'session_completed':
      return { kind: 'info', text: 'Session closed' };
    case 'session_failed':
      return { kind: 'fail', text: `Session failed: ${oneLine(event.data.error.message, length)}` };
    case 'session_cancelled':
      return { kind: 'fail', text: withReason('Session cancelled', event.data.reason) };
    case 'agent_started':
      return agentNote(event);
    case 'attempt_routed':
      return { kind: 'info', text: routedText(event) };
    case 'conversation_replayed':
      return { kind: 'dim', text: `Told the agent ${plural(event.data.messages, 'earlier message')}` };
    case 'attempt_failed':
      // Without another attempt the run's end says the same.
      if (event.data.next === 'none') return undefined;
      return {
        kind: 'fail',
        text: `Attempt ${event.attempt ?? 1} failed${waitText(event.data.delay)}: ${oneLine(event.data.error.message, length)}`,
      };
    case 'agent_retrying':
      return { kind: 'warn', text: retryText(event) };
    case 'message_sent':
      return event.data.role === 'system'
        ? undefined
        : { kind: 'sent', text: oneLine(event.data.text, length) };
    case 'run_cancel_requested':
      return { kind: 'dim', text: withReason('Cancelling', event.data.reason) };
    case 'run_interrupt_requested':
      return { kind: 'dim', text: 'Interrupting' };
    case 'run_interrupted':
      return {
        kind: 'dim',
        text: withReason(
          event.data.as === 'delivered' ? 'Interrupted' : 'Not interrupted',
          event.data.reason,
        ),
      };
    case 'run_steered':
      return event.data.as === 'delivered'
        ? undefined
        : { kind: 'fail', text: withReason('Message not delivered', event.data.reason) };
    case 'budget_warning_raised':
      return { kind: 'warn', text: `Budget ${oneLine(budgetText(event.data), length)}` };
    case 'rate_limit_updated':
      return rateLimitNote(event);
    case 'context_compacted':
      return { kind: 'info', text: compactionText(event) };
    case 'policy_violated':
      return {
        kind: event.data.action === 'warn' ? 'warn' : 'fail',
        text: `Policy violated: ${violationText(event.data, length)}`,
      };
    case 'loop_detected':
    case 'run_stalled':
    case 'watchdog_acted':
    case 'run_recovered':
      return watchdogNote(event);
    case 'warning_raised':
      return { kind: 'warn', text: `Warning: ${oneLine(event.data.message, length)}` };
    case 'unparsed':
      return { kind: 'dim', text: '? unparsed' };
    case 'unrecognized':
      return { kind: 'dim', text: `? ${oneLine(event.originalType, 60)}` };
    case 'tool_approval_requested':
    case 'tool_approval_expired':
    case 'run_parked':
      return { kind: 'warn', text: approvalText(event) ?? '' };
    case 'tool_approval_granted':
    case 'tool_approval_denied':
    case 'tool_approval_withdrawn':
    case 'tool_approval_revoked':
    case 'run_resumed':
      return { kind: 'dim', text: approvalText(event) ?? '' };
    default:
      return undefined;
  }
}

function agentNote(event: Event<'agent_started'>): StudioNote | undefined {
  const { model, version, continuity, nativePermissionMode } = event.data;
  const parts = [
    (event.attempt ?? 1) > 1 ? `attempt ${event.attempt}` : undefined,
    [event.provider, version].filter((part) => part !== undefined).join(' ') || undefined,
    model === undefined ? undefined : shortModel(model),
    // Under the gate an agent may stay in a mode of a name of ours, which is not that of the run.
    nativePermissionMode === undefined || namesOfModes.includes(nativePermissionMode)
      ? undefined
      : `${nativePermissionMode} permissions`,
    continuity === 'fresh' ? undefined : `${continuity} resume`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : { kind: 'dim', text: oneLine(parts.join(' · '), length) };
}

function routedText(event: Event<'attempt_routed'>): string {
  const { routedProvider, routingAttempt, failoverFrom } = event.data;
  const name = oneLine(routedProvider, length);
  return failoverFrom === undefined
    ? `Attempt ${routingAttempt} on ${name}`
    : `${name} takes over from ${oneLine(failoverFrom, length)}`;
}

/** A wait that is long enough to make people wonder. */
function waitText(delay = 0): string {
  return delay > 2_000 ? `, next in ${formatDuration(delay)}` : '';
}

function retryText(event: Event<'agent_retrying'>): string {
  const { attempt, maximumAttempts, delay, reason } = event.data;
  const count = maximumAttempts === undefined ? String(attempt) : `${attempt} of ${maximumAttempts}`;
  const when = delay === undefined ? '' : ` in ${formatDuration(delay)}`;
  return `Retrying${when} (${count}): ${oneLine(reason, length)}`;
}

function rateLimitNote(event: Event<'rate_limit_updated'>): StudioNote | undefined {
  const { status, resetsAt, kind, utilization } = event.data;
  if (status === 'allowed') return undefined;
  const used = utilization === undefined ? '' : `, ${Math.round(utilization * 100)}% used`;
  const until =
    resetsAt !== undefined && Math.abs(resetsAt) <= 8.64e15
      ? `, resets ${new Date(resetsAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`
      : '';
  return {
    kind: 'warn',
    text: `Rate limit${kind === undefined ? '' : ` (${oneLine(kind, 40)})`}: ${oneLine(status, 40)}${used}${until}`,
  };
}

function compactionText(event: Event<'context_compacted'>): string {
  const { tokensBefore, tokensAfter } = event.data;
  if (tokensBefore === undefined) return 'Context compacted';
  const after = tokensAfter === undefined ? '' : ` to ${formatCount(tokensAfter)}`;
  return `Context compacted (from ${formatCount(tokensBefore)}${after} tokens)`;
}

function withReason(text: string, reason: string | undefined): string {
  return reason === undefined || reason === '' ? text : `${text}: ${oneLine(reason, length)}`;
}
