import type { EventData, ToolResultData } from './event-data.ts';
import type { eventTypes, Event, EventDraft, EventType, LogEvent } from './event.ts';
import type { RunId } from './id.ts';
import type { JsonValue } from './json.ts';
import type { TokenUsage } from './usage.ts';

// Checked by the compiler alone; nothing here runs.

type Equal<First, Second> =
  (<Probe>() => Probe extends First ? 1 : 2) extends <Probe>() => Probe extends Second ? 1 : 2 ? true : false;
type IsAny<Value> = 0 extends 1 & Value ? true : false;

/** Compiles only when the type is `true`. */
function holds<_Truth extends true>(): void {}

/** Every name of the list has data and every data has a name. */
holds<Equal<(typeof eventTypes)[number], keyof EventData>>();
holds<Equal<EventType, keyof EventData>>();
holds<Equal<Event['type'], EventType>>();
holds<Equal<LogEvent['type'], EventType | 'unrecognized'>>();

/** Narrowing by `type` gives that type's data. */
export function narrows(event: LogEvent): void {
  if (event.type === 'tool_call_completed') holds<Equal<typeof event.data, ToolResultData>>();
  if (event.type === 'message_streamed') holds<Equal<typeof event.data.text, string>>();
  if (event.type === 'unrecognized') holds<Equal<typeof event.data, JsonValue>>();
  holds<Equal<typeof event.runId, RunId | undefined>>();
  switch (event.type) {
    case 'run_completed':
    case 'run_failed':
      holds<Equal<typeof event.data.usage, TokenUsage>>();
      // @ts-expect-error Only a failed run has an error.
      holds<Equal<typeof event.data.error, unknown>>();
      break;
    default:
      // @ts-expect-error Events without narrowing have no common text.
      holds<Equal<typeof event.data.text, string>>();
  }
}

/** `Event` of one name is that member of the union, of two names both. */
holds<Equal<Event<'message_sent'>['data'], EventData['message_sent']>>();
holds<Equal<Event<'run_failed' | 'run_cancelled'>['type'], 'run_failed' | 'run_cancelled'>>();

/** A draft is an event without an envelope, mapped over every name. */
holds<Equal<keyof EventDraft, 'type' | 'data'>>();
holds<Equal<{ [Name in EventType]: EventDraft<Name>['data'] }, { [Name in EventType]: EventData[Name] }>>();
holds<EventDraft<'message_sent'> extends EventDraft ? true : false>();
holds<Event extends EventDraft ? true : false>();

/** Nothing is `any`. */
holds<Equal<{ [Name in EventType]: IsAny<EventData[Name]> }[EventType], false>>();
holds<
  Equal<
    {
      [Name in EventType]: {
        [Field in keyof EventData[Name]]-?: IsAny<EventData[Name][Field]>;
      }[keyof EventData[Name]];
    }[Exclude<EventType, 'session_activated' | 'session_paused' | 'session_resumed' | 'session_completed'>],
    false
  >
>();
holds<Equal<IsAny<LogEvent['data']>, false>>();

export const draft: EventDraft = { type: 'message_sent', data: { role: 'user', text: 'Hi' } };
// @ts-expect-error The data of another name.
export const mixed: EventDraft = { type: 'message_sent', data: { code: 'c', message: 'm' } };
// @ts-expect-error A name that there is not.
export const unknownName: EventDraft = { type: 'message_sung', data: {} };

export function isReadonly(event: Event<'message_sent'>): void {
  // @ts-expect-error Events don't change.
  event.seq = 1;
  // @ts-expect-error Nor does their data.
  event.data.text = '';
}
