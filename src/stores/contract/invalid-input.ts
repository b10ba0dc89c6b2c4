import { AsmError } from '../../domain/error.ts';
import type { JsonObject } from '../../domain/json.ts';

/** The error for an argument that is malformed or out of range. */
export function invalidInput(message: string, details?: JsonObject): AsmError {
  return new AsmError('invalid_input', message, details === undefined ? {} : { details });
}

/** True for text of 1 to `longest` UTF-16 units that every store can hold: no lone surrogates. */
export function isStorableText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longest && value.isWellFormed();
}

/** True for whole numbers from `smallest` on that are exact in every store. */
export function isWholeNumber(value: unknown, smallest: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= smallest;
}
