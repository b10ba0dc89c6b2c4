import type { ErrorRecord } from '../domain/error.ts';
import { jsonText } from './output-text.ts';
import type { Palette } from './palette.ts';
import { cutText, visibleText, wholeStart } from './visible-text.ts';

/** A field's value, ready to print; `undefined` leaves the field out. */
export type VerboseField = readonly [name: string, value: string | undefined];

export interface VerboseEvent {
  readonly tag: string;
  readonly color: keyof Palette;
  readonly fields: readonly VerboseField[];
}

/** Longest text of a message or an error, in characters. */
export const contentLength = 2_000;

/** An event under its own name. */
export function eventLine(
  event: { readonly type: string },
  color: keyof Palette,
  ...fields: readonly VerboseField[]
): VerboseEvent {
  return { tag: event.type, color, fields };
}

export function errorFields(error: ErrorRecord): readonly VerboseField[] {
  return [
    ['error_code', textValue(error.code)],
    ['error_message', textValue(error.message, contentLength)],
  ];
}

export function verboseLine(event: VerboseEvent, paint: Palette): string {
  let line = paint[event.color](`[${event.tag}]`);
  for (const [name, value] of event.fields) {
    if (value !== undefined) line += ` ${name}=${value}`;
  }
  return line;
}

const bare = /^[^\s"=]+$/;

/** Text as a value: bare when it is one word, else quoted, with its newlines as `\n`. */
export function textValue(text: string | undefined, limit = 200): string | undefined {
  if (text === undefined || text === '') return undefined;
  const cut = cutText(visibleText(wholeStart(text, Math.min(text.length, limit * 8))), limit);
  return bare.test(cut) ? cut : JSON.stringify(cut);
}

export function numberValue(count: number | undefined): string | undefined {
  return count === undefined ? undefined : String(count);
}

/** A value as JSON; an empty object or list is left out. */
export function jsonValue(value: unknown, limit = 120): string | undefined {
  if (value === undefined) return undefined;
  const json = jsonText(value);
  return json === '{}' || json === '[]'
    ? undefined
    : cutText(visibleText(wholeStart(json, Math.min(json.length, limit * 8))), limit);
}
