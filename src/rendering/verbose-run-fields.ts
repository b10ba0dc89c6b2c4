import type { Event } from '../domain/event.ts';
import type { RunEndData } from '../domain/event-data.ts';
import { formatCost, tokenTotals } from './figure-format.ts';
import {
  contentLength,
  errorFields,
  eventLine,
  jsonValue,
  numberValue,
  textValue,
  type VerboseEvent,
  type VerboseField,
} from './verbose-line.ts';

/** What the verbose renderer says about how a run goes. */
export function runFields(
  event: Event<
    | 'run_created'
    | 'run_queued'
    | 'run_moved'
    | 'run_started'
    | 'run_completed'
    | 'run_failed'
    | 'run_timed_out'
    | 'run_cancelled'
    | 'run_resumed'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'run_created':
      return eventLine(
        event,
        'blue',
        ['run_id', textValue(event.runId)],
        ['provider', textValue(event.data.provider)],
        ['options', jsonValue(event.data.options)],
      );
    case 'run_queued':
    case 'run_moved':
      return eventLine(
        event,
        'blue',
        ['run_id', textValue(event.runId)],
        ['position', String(event.data.position)],
      );
    case 'run_started':
      return eventLine(
        event,
        'blue',
        ['provider', textValue(event.data.requested.provider)],
        ['model', textValue(event.data.requested.model)],
        ['session_id', textValue(event.sessionId)],
        ['run_id', textValue(event.runId)],
        ['permission_mode', textValue(event.data.requested.permissionMode)],
        ['cwd', textValue(event.data.requested.cwd)],
      );
    case 'run_completed':
      return eventLine(event, 'blue', ...runEndFields(event.data), [
        'interrupted',
        event.data.interrupted ? 'true' : undefined,
      ]);
    case 'run_failed':
    case 'run_timed_out':
      return eventLine(event, 'red', ...errorFields(event.data.error), ...runEndFields(event.data));
    case 'run_cancelled':
      return eventLine(event, 'red', ['reason', textValue(event.data.reason)], ...runEndFields(event.data));
    case 'run_resumed':
      return eventLine(
        event,
        'blue',
        ['from', event.data.from],
        ['approvals', textValue(event.data.approvalIds.join(','))],
        ['content', textValue(event.data.message, contentLength)],
      );
  }
}

function runEndFields(data: RunEndData): readonly VerboseField[] {
  const { input, output } = tokenTotals(data.usage);
  return [
    ['stop_reason', textValue(data.stopReason)],
    ['tokens', input + output === 0 ? undefined : `${input}/${output}`],
    ['cost', formatCost(data.cost, 6)],
    ['duration_ms', numberValue(data.durationMs)],
  ];
}
