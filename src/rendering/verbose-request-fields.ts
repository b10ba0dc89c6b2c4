import type { Event } from '../domain/event.ts';
import { contentLength, eventLine, textValue, type VerboseEvent } from './verbose-line.ts';

/** What the verbose renderer says about what is asked of a run, and what became of it. */
export function requestFields(
  event: Event<
    | 'run_cancel_requested'
    | 'run_interrupt_requested'
    | 'run_steer_requested'
    | 'run_interrupted'
    | 'run_steered'
  >,
): VerboseEvent {
  switch (event.type) {
    case 'run_cancel_requested':
      return eventLine(
        event,
        'dim',
        ['request_id', textValue(event.data.requestId)],
        ['reason', textValue(event.data.reason)],
      );
    case 'run_interrupt_requested':
      return eventLine(event, 'dim', ['request_id', textValue(event.data.requestId)]);
    case 'run_steer_requested':
      return eventLine(
        event,
        'dim',
        ['request_id', textValue(event.data.requestId)],
        ['content', textValue(event.data.message.text, contentLength)],
      );
    case 'run_interrupted':
    case 'run_steered':
      return eventLine(
        event,
        'blue',
        ['request_id', textValue(event.data.requestId)],
        ['as', event.data.as],
        ['reason', textValue(event.data.reason)],
      );
  }
}
