import type { Event } from '../domain/event.ts';
import { eventLine, jsonValue, textValue, type VerboseEvent } from './verbose-line.ts';

/** What the verbose renderer says about what watches a run. */
export function guardFields(
  event: Event<
    | 'budget_warning_raised'
    | 'policy_violated'
    | 'loop_detected'
    | 'run_stalled'
    | 'watchdog_acted'
    | 'run_recovered'
    | 'warning_raised'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'budget_warning_raised':
      return eventLine(
        event,
        'magenta',
        ['budget', textValue(event.data.budget)],
        ['key', textValue(event.data.key)],
        ['unit', textValue(event.data.unit)],
        ['spent', textValue(event.data.spent)],
        ['limit', textValue(event.data.limit)],
      );
    case 'policy_violated':
      return eventLine(
        event,
        event.data.action === 'warn' ? 'magenta' : 'red',
        ['policy', textValue(event.data.policy)],
        ['kind', event.data.kind],
        ['action', event.data.action],
        ['details', jsonValue(event.data.details)],
      );
    case 'loop_detected':
      return eventLine(
        event,
        event.data.action === 'cancel' ? 'red' : 'magenta',
        ['kind', event.data.kind],
        ['times', String(event.data.times)],
        ['action', event.data.action],
        ['calls', jsonValue(event.data.calls)],
        ['agent_id', textValue(event.data.agentId)],
      );
    case 'run_stalled':
      return eventLine(
        event,
        'magenta',
        ['state', event.data.state],
        ['silence_ms', String(event.data.silence)],
        ['tool_call_ids', jsonValue(event.data.toolCallIds)],
      );
    case 'watchdog_acted':
      return eventLine(
        event,
        'magenta',
        ['step', event.data.step],
        ['as', event.data.as],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_recovered':
      return eventLine(event, 'magenta', ['silence_ms', String(event.data.silence)]);
    case 'warning_raised':
      return eventLine(
        event,
        'magenta',
        ['code', textValue(event.data.code)],
        ['message', textValue(event.data.message)],
      );
  }
}
