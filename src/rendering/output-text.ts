import { toJson, type JsonValue } from '../domain/json.ts';

/** A tool's output as text: text as it is, anything else as JSON. Never throws. */
export function outputText(output: JsonValue | undefined): string {
  if (typeof output === 'string') return output;
  if (output === undefined || output === null) return '';
  return jsonText(output);
}

/** JSON text of anything; what JSON can't hold is named in it. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return JSON.stringify(toJson(value));
  }
}

/** The lines of a text that aren't blank, without white space at their ends. */
export function contentLines(text: string): readonly string[] {
  return text.split(/\r\n|[\n\r]/).flatMap((line) => (line.trim() === '' ? [] : [line.trimEnd()]));
}
