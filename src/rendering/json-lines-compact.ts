import type { EventType, LogEvent } from '../domain/event.ts';
import { budgetText, runName, shortModel, shortReason, tokenTotals } from './figure-format.ts';
import { jsonText, outputText } from './output-text.ts';
import { violationText } from './policy-text.ts';
import { oneLine } from './visible-text.ts';

/** The code of each event type in compact lines; a type without one is spelled out. */
export const jsonLinesCodes = {
  run_started: 'rs',
  run_completed: 'rc',
  run_failed: 'rf',
  run_cancelled: 'rx',
  run_timed_out: 'rt',
  agent_started: 'as',
  attempt_routed: 'an',
  conversation_replayed: 'cr',
  attempt_failed: 'af',
  agent_retrying: 'ar',
  message_sent: 'mi',
  message_streamed: 'ms',
  message_received: 'mr',
  reasoning_streamed: 'hs',
  reasoning_received: 'hr',
  tool_call_started: 'ts',
  tool_call_decided: 'td',
  tool_output_streamed: 'to',
  tool_call_completed: 'tc',
  tool_call_failed: 'tf',
  policy_violated: 'pv',
  loop_detected: 'ld',
  run_stalled: 'rz',
  watchdog_acted: 'wa',
  run_recovered: 'ry',
  subagent_started: 'ss',
  subagent_completed: 'sc',
  plan_updated: 'pu',
  file_changed: 'fc',
  turn_completed: 'te',
  token_usage_updated: 'tu',
  budget_warning_raised: 'bw',
  rate_limit_updated: 'rl',
  context_compacted: 'cc',
  warning_raised: 'wr',
} as const satisfies Partial<Record<EventType, string>>;

/**
 * An event as a short line, `{"t":<event time in ms>,"s":<seq>,"e":{"t":<code>, …}}`, for counting and
 * timing: lengths (`l`, bytes of UTF-8) stand for texts. Fields of `e`: `m` model, `n` tool name,
 * `l` length, `i` and `o` tokens in and out, `$` cost in US dollars, `sr` why the agent stopped,
 * `d` decision or reason, `x` error message of at most 120 characters, `p` path.
 */
export function compactJsonLine(event: LogEvent): string {
  return jsonText({ t: event.time, s: event.seq, e: { t: code(event), ...details(event) } });
}

function code(event: LogEvent): string {
  if (event.type === 'unrecognized') return event.originalType;
  return (jsonLinesCodes as Partial<Record<EventType, string>>)[event.type] ?? event.type;
}

function details(event: LogEvent): object {
  switch (event.type) {
    case 'run_started':
      return { m: runName(event.data.requested) };
    case 'agent_started':
      return event.data.model === undefined ? {} : { m: shortModel(event.data.model) };
    case 'message_sent':
    case 'message_streamed':
    case 'message_received':
    case 'reasoning_streamed':
    case 'reasoning_received':
    case 'tool_output_streamed':
      return { l: Buffer.byteLength(event.data.text) };
    case 'tool_call_started':
      return { n: event.data.name };
    case 'tool_call_decided':
      return { d: event.data.decision };
    case 'tool_call_completed':
      return { n: event.data.name, l: Buffer.byteLength(outputText(event.data.output)) };
    case 'tool_call_failed':
      return {
        n: event.data.name,
        l: Buffer.byteLength(outputText(event.data.output)),
        d: event.data.reason,
      };
    case 'token_usage_updated': {
      const { input, output } = tokenTotals(event.data.usage);
      return {
        i: input,
        o: output,
        ...(event.data.cost?.usd === undefined ? {} : { $: Number(event.data.cost.usd) }),
      };
    }
    case 'run_completed':
      return { sr: event.data.interrupted ? 'interrupted' : shortReason(event.data.stopReason ?? '') };
    case 'run_failed':
    case 'run_timed_out':
    case 'attempt_failed':
    case 'session_failed':
      return { x: oneLine(event.data.error.message, 120) };
    case 'attempt_routed':
      return { n: event.data.routedProvider };
    case 'policy_violated':
      return { d: event.data.action, x: violationText(event.data, 120) };
    case 'budget_warning_raised':
      return { x: oneLine(budgetText(event.data), 120) };
    case 'loop_detected':
      return { d: event.data.action, x: oneLine(event.data.reason, 120) };
    case 'watchdog_acted':
      return { d: `${event.data.step} ${event.data.as}` };
    case 'warning_raised':
      return { x: oneLine(event.data.message, 120) };
    case 'agent_retrying':
      return { x: oneLine(event.data.reason, 120) };
    case 'file_changed':
      return { p: event.data.path, d: event.data.change };
    default:
      return {};
  }
}
