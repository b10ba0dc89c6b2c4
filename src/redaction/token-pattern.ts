import { AsmError } from '../domain/error.ts';
import { parseCharacterClass } from './character-class.ts';
import type { TokenRule } from './redaction-rule.ts';
import type { TokenPattern } from './token-candidate.ts';

/** A pattern and the codes of the first three characters that it can start with; a third of -1: any. */
export interface StartingPattern extends TokenPattern {
  readonly starting: readonly (readonly [number, number, number])[];
}

/**
 * Makes one pattern of each prefix, the longest first; of equal length in the order of the rules.
 *
 * @throws AsmError `invalid_input` for a rule that is out of its limits.
 */
export function tokenPatterns(rules: readonly TokenRule[]): readonly StartingPattern[] {
  const patterns = rules.flatMap((rule) => rule.prefixes.map((prefix) => toPattern(rule, prefix)));
  return patterns.toSorted((one, other) => other.prefix.length - one.prefix.length);
}

function toPattern(rule: TokenRule, prefix: string): StartingPattern {
  const { minimum, parts = 1, separator, ignoreCase = false } = rule;
  check(/^[ -~]{2,64}$/.test(prefix), rule, 'a prefix must be 2 to 64 characters of printable ASCII');
  check(isWithin(minimum, 256), rule, 'minimum must be an integer from 1 to 256');
  check(isWithin(parts, 8), rule, 'parts must be an integer from 1 to 8');
  check(parts === 1 || separator !== undefined, rule, 'parts need a separator');
  const characters = parseCharacterClass(rule.characters);
  if (separator !== undefined) {
    check(/^[!-~]$/.test(separator), rule, 'the separator must be one character of printable ASCII');
    check(characters[separator.charCodeAt(0)] !== 1, rule, 'the separator must not be among the characters');
  }
  const folded = ignoreCase ? prefix.toLowerCase() : prefix;
  return {
    category: rule.category,
    prefix: folded,
    ignoreCase,
    keepPrefix: rule.keepPrefix ?? false,
    // A secret in parts is read far before it is known: it must not start again within itself.
    starts: parts > 1 ? 'run' : (rule.starts ?? 'word'),
    characters,
    minimum,
    needs: rule.needs,
    separator: separator?.charCodeAt(0) ?? -1,
    parts,
    starting: cases(folded.charAt(0), ignoreCase).flatMap((first) =>
      cases(folded.charAt(1), ignoreCase).flatMap((second) =>
        (prefix.length > 2 ? cases(folded.charAt(2), ignoreCase) : [-1]).map(
          (third) => [first, second, third] as const,
        ),
      ),
    ),
  };
}

function cases(character: string, ignoreCase: boolean): readonly number[] {
  const code = character.charCodeAt(0);
  const upper = character.toUpperCase().charCodeAt(0);
  return ignoreCase && upper !== code ? [code, upper] : [code];
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function check(holds: boolean, rule: TokenRule, problem: string): void {
  if (!holds) {
    throw new AsmError(
      'invalid_input',
      `Redaction rule of category ${JSON.stringify(rule.category)}: ${problem}.`,
    );
  }
}
