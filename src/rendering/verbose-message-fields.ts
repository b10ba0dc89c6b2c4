import type { Event } from '../domain/event.ts';
import { contentLength, eventLine, jsonValue, textValue, type VerboseEvent } from './verbose-line.ts';

/** What the verbose renderer says about what is said and planned. */
export function messageFields(
  event: Event<'message_sent' | 'message_received' | 'reasoning_received' | 'plan_updated'>,
): VerboseEvent {
  switch (event.type) {
    case 'message_sent':
      return eventLine(
        event,
        'blue',
        ['role', textValue(event.data.role)],
        ['steering', event.data.steering === true ? 'true' : undefined],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'message_received':
      return eventLine(
        event,
        'blue',
        ['role', textValue(event.data.role)],
        ['parent', textValue(event.data.parentToolCallId)],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'reasoning_received':
      return eventLine(
        event,
        'dim',
        ['parent', textValue(event.data.parentToolCallId)],
        ['content', textValue(event.data.text, contentLength)],
      );
    case 'plan_updated':
      return eventLine(event, 'blue', ['steps', jsonValue(event.data.steps, contentLength)]);
  }
}
