import { AsmError } from '../domain/error.ts';
import { isEventType, type LogEvent } from '../domain/event.ts';
import { isJsonObject } from '../domain/json.ts';
import { jsonText } from './output-text.ts';

/**
 * An event as one line of JSON: all fields of the event by their own names, and `at`, its time in ISO
 * 8601 for people. `JSON.parse` of the line is the event again.
 */
export function jsonLine(event: LogEvent): string {
  const { type, data, time, ...envelope } = event;
  return jsonText({ ...envelope, time, at: isoTime(time), type, data });
}

/**
 * Reads a line of `jsonLine` back, to render a stored log again. A type that this version doesn't know
 * becomes `unrecognized`. Throws `invalid_input` for anything else; data of a known type is trusted.
 */
export function eventFromJsonLine(line: string): LogEvent {
  const value = parse(line);
  if (!isJsonObject(value)) throw unreadable();
  const { at: _at, ...fields } = value;
  const { type } = fields;
  if (typeof type !== 'string') throw unreadable();
  const known = isEventType(type) || type === 'unrecognized';
  const event: unknown = known ? fields : { ...fields, type: 'unrecognized', originalType: type };
  if (!isLogEvent(event)) throw unreadable();
  return event;
}

const hidden = /[\u{7F}-\u{9F}\u{2028}\u{2029}\u{202A}-\u{202E}\u{2066}-\u{2069}]/v;
const everyHidden = new RegExp(hidden, 'gv');

/** JSON with what a terminal or an editor might obey as `\uXXXX`; its value is the same. */
export function escapeHidden(json: string): string {
  if (!hidden.test(json)) return json;
  return json.replace(everyHidden, (match) => `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isoTime(time: number): string | undefined {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw unreadable(error);
  }
}

/** Checks the envelope, not the data of each type. */
function isLogEvent(value: unknown): value is LogEvent {
  return (
    isJsonObject(value) &&
    typeof value['sessionId'] === 'string' &&
    typeof value['seq'] === 'number' &&
    typeof value['time'] === 'number' &&
    value['data'] !== undefined
  );
}

function unreadable(cause?: unknown): AsmError {
  return new AsmError(
    'invalid_input',
    'The line is not an event in JSON, as a full JSON lines sink writes it.',
    { cause },
  );
}
