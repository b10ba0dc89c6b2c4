import { isEventType, type EventType, type LogEvent } from './event.ts';
import type { EventData } from './event-data.ts';
import type { RunId, SessionId } from './id.ts';
import type { JsonValue } from './json.ts';

/** An event as it goes into a store: its data is encoded once, to the text that is kept. */
export interface NewEvent {
  readonly type: EventType;
  readonly time: number;
  /** The event's data as JSON text; stores keep exactly these characters. */
  readonly payload: string;
  readonly runId?: RunId;
  readonly attempt?: number;
  readonly provider?: string;
}

/** An event as stores give it back. `type` may be one that this version doesn't know. */
export interface StoredEvent {
  readonly sessionId: SessionId;
  readonly seq: number;
  readonly position: number;
  readonly type: string;
  readonly time: number;
  readonly payload: string;
  readonly runId?: RunId;
  readonly attempt?: number;
  readonly provider?: string;
}

/** Makes the event that readers get of a stored one: deeply frozen, its payload parsed. */
export function decodeEvent(stored: StoredEvent): LogEvent {
  const data: unknown = deepFreeze(JSON.parse(stored.payload));
  const envelope = {
    sessionId: stored.sessionId,
    seq: stored.seq,
    position: stored.position,
    time: stored.time,
    ...(stored.runId === undefined ? {} : { runId: stored.runId }),
    ...(stored.attempt === undefined ? {} : { attempt: stored.attempt }),
    ...(stored.provider === undefined ? {} : { provider: stored.provider }),
  };
  if (!isEventType(stored.type)) {
    return Object.freeze({
      ...envelope,
      type: 'unrecognized',
      originalType: stored.type,
      data: data as JsonValue,
    });
  }
  // The log is ours: what `encodeData` wrote under a type is that type's data.
  return Object.freeze({ ...envelope, type: stored.type, data: data as EventData[EventType] }) as LogEvent;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const key in value) {
    const item: unknown = Reflect.get(value, key);
    if (typeof item === 'object' && item !== null) deepFreeze(item);
  }
  return Object.freeze(value);
}
