import type { Event } from '../domain/event.ts';
import { errorFields, eventLine, textValue, type VerboseEvent } from './verbose-line.ts';

/** What the verbose renderer says about a session. */
export function sessionFields(
  event: Event<
    | 'session_created'
    | 'session_activated'
    | 'session_paused'
    | 'session_resumed'
    | 'session_completed'
    | 'session_failed'
    | 'session_cancelled'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'session_created':
      return eventLine(
        event,
        'blue',
        ['session_id', textValue(event.sessionId)],
        ['provider', textValue(event.data.provider)],
        ['cwd', textValue(event.data.cwd)],
        ['title', textValue(event.data.title)],
        ['forked_from', textValue(event.data.forkedFrom?.sessionId)],
      );
    case 'session_activated':
    case 'session_paused':
    case 'session_resumed':
    case 'session_completed':
      return eventLine(event, 'blue', ['session_id', textValue(event.sessionId)]);
    case 'session_failed':
      return eventLine(
        event,
        'red',
        ['session_id', textValue(event.sessionId)],
        ...errorFields(event.data.error),
      );
    case 'session_cancelled':
      return eventLine(
        event,
        'red',
        ['session_id', textValue(event.sessionId)],
        ['reason', textValue(event.data.reason)],
      );
  }
}
