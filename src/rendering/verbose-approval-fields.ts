import type { Event } from '../domain/event.ts';
import type { ApprovalEventData } from '../domain/event-data.ts';
import {
  eventLine,
  jsonValue,
  numberValue,
  textValue,
  type VerboseEvent,
  type VerboseField,
} from './verbose-line.ts';

/** What the verbose renderer says about a question to a person. */
export function approvalFields(
  event: Event<
    | 'run_parked'
    | 'tool_approval_requested'
    | 'tool_approval_granted'
    | 'tool_approval_denied'
    | 'tool_approval_expired'
    | 'tool_approval_withdrawn'
    | 'tool_approval_revoked'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'run_parked':
      return eventLine(event, 'magenta', ...questionFields(event.data));
    case 'tool_approval_requested':
      return eventLine(
        event,
        'magenta',
        ...questionFields(event.data),
        ['name', textValue(event.data.name)],
        ['input', jsonValue(event.data.input)],
        ['reason', textValue(event.data.reason)],
        ['deadline', numberValue(event.data.deadline)],
        ['on_expiry', event.data.onExpiry],
      );
    case 'tool_approval_granted':
      return eventLine(
        event,
        'green',
        ...questionFields(event.data),
        ['decision', jsonValue(event.data.decision)],
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
    case 'tool_approval_denied':
      return eventLine(
        event,
        'red',
        ...questionFields(event.data),
        ['message', textValue(event.data.message)],
        ['stop', event.data.stop ? 'true' : undefined],
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
    case 'tool_approval_expired':
      return eventLine(event, 'red', ...questionFields(event.data), ['as', event.data.as]);
    case 'tool_approval_withdrawn':
      return eventLine(event, 'dim', ...questionFields(event.data), ['reason', textValue(event.data.reason)]);
    case 'tool_approval_revoked':
      return eventLine(
        event,
        'red',
        ...questionFields(event.data),
        ['by', textValue(event.data.by)],
        ['reason', textValue(event.data.reason)],
      );
  }
}

function questionFields(data: ApprovalEventData): readonly VerboseField[] {
  return [
    ['approval', textValue(data.approvalId)],
    ['id', textValue(data.toolCallId)],
  ];
}
