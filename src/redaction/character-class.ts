import { AsmError } from '../domain/error.ts';

/** One byte for each ASCII code: 1 where the class has the character. */
export type CharacterClass = Uint8Array;

/**
 * Reads a class as inside the brackets of a regular expression: single characters and ranges
 * (`A-Z`); a `-` at either end stands for itself. Printable ASCII only.
 *
 * @throws AsmError `invalid_input` for an empty class, a range that runs backwards, other characters.
 */
export function parseCharacterClass(text: string): CharacterClass {
  const result = new Uint8Array(128);
  if (!/^[!-~]+$/.test(text)) {
    throw new AsmError(
      'invalid_input',
      `A redaction rule's characters must be printable ASCII: ${JSON.stringify(text)}`,
    );
  }
  for (let index = 0; index < text.length; index += 1) {
    const first = text.charCodeAt(index);
    const isRange = text[index + 1] === '-' && index + 2 < text.length;
    const last = isRange ? text.charCodeAt(index + 2) : first;
    if (last < first) {
      throw new AsmError(
        'invalid_input',
        `A redaction rule has a range that runs backwards: ${JSON.stringify(text)}`,
      );
    }
    result.fill(1, first, last + 1);
    if (isRange) index += 2;
  }
  return result;
}

/** True for ASCII letters, digits and `_`. */
export function isWordCode(code: number): boolean {
  return isLetterCode(code) || isDigitCode(code) || code === 95;
}

/** True for 0 to 9. */
export function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** True for A to Z. */
export function isUpperCode(code: number): boolean {
  return code >= 65 && code <= 90;
}

/** True for ASCII letters. */
export function isLetterCode(code: number): boolean {
  const lower = code | 32;
  return lower >= 97 && lower <= 122;
}

/** True for `"`, `'` and the backtick. */
export function isQuoteCode(code: number): boolean {
  return code === 34 || code === 39 || code === 96;
}
