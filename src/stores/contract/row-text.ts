import { invalidInput } from './invalid-input.ts';

/**
 * A row as the JSON text that stores keep. Fields that are `undefined` are left out. Throws
 * `invalid_input` for what JSON can't hold: cycles, bigint.
 */
export function encodeRow(row: object): string {
  try {
    return JSON.stringify(row);
  } catch (error) {
    throw invalidInput(`A row must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The row of its stored text, deeply frozen. The text is our own: `encodeRow` made it of a `Row`. */
export function decodeRow<Row extends object>(text: string): Row {
  return freezeDeeply(JSON.parse(text)) as Row;
}

function freezeDeeply(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const name in value) freezeDeeply(Reflect.get(value, name));
  return Object.freeze(value);
}
