import { isJsonObject, toJson, type JsonValue } from '../domain/json.ts';

/**
 * A tool's output as text: text as it is, what a command wrote as that text, first its standard output,
 * anything else as JSON. Never throws.
 */
export function outputText(output: JsonValue | undefined): string {
  if (typeof output === 'string') return output;
  if (output === undefined || output === null) return '';
  return commandText(output) ?? jsonText(output);
}

/** The text of `{ stdout, stderr }`. */
function commandText(output: JsonValue): string | undefined {
  if (!isJsonObject(output) || Object.keys(output).length !== 2) return undefined;
  const { stdout, stderr } = output;
  if (typeof stdout !== 'string' || typeof stderr !== 'string') return undefined;
  return stdout + (stdout === '' || stderr === '' || stdout.endsWith('\n') ? '' : '\n') + stderr;
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
