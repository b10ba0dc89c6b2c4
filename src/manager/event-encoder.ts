import type { Clock } from '../domain/clock.ts';
import type { EventData } from '../domain/event-data.ts';
import type { EventDraft, EventType } from '../domain/event.ts';
import { isJsonObject, toJson, type JsonObject, type JsonValue } from '../domain/json.ts';
import type { RunId } from '../domain/id.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** The largest payload of an event, in UTF-16 units. */
export const maximumPayload = 1_048_576;

/** Longest texts that are tried in turn until a payload fits. */
const textLimits = [262_144, 65_536, 16_384, 4_096, 512] as const;

/** Where an event comes from. */
export interface EventOrigin {
  readonly runId?: RunId;
  readonly attempt?: number;
  readonly provider?: string;
}

/** Types that hold only our own words and numbers, and the deltas, which were redacted as streams. */
const needsNoRedaction: ReadonlySet<EventType> = new Set([
  'session_activated',
  'session_paused',
  'session_resumed',
  'session_completed',
  'run_interrupt_requested',
  'message_streamed',
  'reasoning_streamed',
  'tool_output_streamed',
]);

/** Turns drafts into what stores keep: redacted, bounded, encoded once. */
export interface EventEncoder {
  encode(draft: EventDraft, origin: EventOrigin): NewEvent;
}

export function createEventEncoder(clock: Clock, redactor: Redactor): EventEncoder {
  return {
    encode(draft, origin) {
      const data = needsNoRedaction.has(draft.type) ? draft.data : redactor.json(toJson(draft.data)).value;
      return {
        type: draft.type,
        time: clock.now(),
        payload: boundedPayload(data),
        ...origin,
      };
    },
  };
}

function boundedPayload(data: EventData[EventType] | JsonValue): string {
  const payload = jsonText(data);
  if (payload.length <= maximumPayload) return payload;
  const json = toJson(data);
  for (const limit of textLimits) {
    const cut = JSON.stringify(cutTexts(json, limit));
    if (cut.length <= maximumPayload) return cut;
  }
  const form = isJsonObject(json) ? JSON.stringify(cutFields(json)) : '';
  return form.length > 0 && form.length <= maximumPayload ? form : JSON.stringify(cutMark(payload.length));
}

/** Longest field that stays as it is, in UTF-16 units, where texts alone are not what is too long. */
const longestField = 4_096;

/** The large fields replaced by empty ones of the same form, so that readers find what they expect. */
function cutFields(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const { length } = JSON.stringify(value);
      return [name, length <= longestField ? value : emptied(value, length)];
    }),
  );
}

function emptied(value: JsonValue, length: number): JsonValue {
  if (typeof value === 'string') return cutText(value, 512);
  return Array.isArray(value) ? [] : cutMark(length);
}

function cutMark(fullLength: number): JsonObject {
  return { cut: true, fullLength };
}

/** What JSON refuses, which only a provider without types gives, becomes a text that names it. */
function jsonText(data: EventData[EventType] | JsonValue): string {
  try {
    return JSON.stringify(data);
  } catch {
    return JSON.stringify(toJson(data));
  }
}

/** Cuts every text in a value that is longer than `limit` UTF-16 units. */
export function cutTexts(value: JsonValue, limit: number): JsonValue {
  if (typeof value === 'string') return cutText(value, limit);
  if (Array.isArray(value)) return value.map((item: JsonValue) => cutTexts(item, limit));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutTexts(item, limit)]));
}

/** Cuts text after `limit` UTF-16 units, never inside a character, with a mark and its full length. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return `${text.slice(0, end)}… [cut: ${text.length} characters in all]`;
}
