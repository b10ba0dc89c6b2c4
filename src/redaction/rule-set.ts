import { AsmError } from '../domain/error.ts';
import { AssignmentCandidate } from './assignment-candidate.ts';
import type { Candidate } from './candidate.ts';
import type { LeftContext } from './left-context.ts';
import { PrivateKeyCandidate, privateKeyBegin } from './private-key-candidate.ts';
import type { AssignmentRule, RedactionRule } from './redaction-rule.ts';
import { SecretNameIndex } from './secret-name-index.ts';
import { TokenCandidate, tokenMayStart } from './token-candidate.ts';
import { tokenPatterns } from './token-pattern.ts';
import { UrlPasswordCandidate, urlPasswordMayStart } from './url-password-candidate.ts';

/** One way in which a secret may start. */
export interface Trigger {
  /** The first three characters, as codes. A second or third of `any` is whichever comes. */
  readonly codes: readonly (readonly [number, number, number])[];
  /** The candidate that starts here, or undefined if what is to the left forbids it. */
  open(left: LeftContext): Candidate | undefined;
}

const colon = 58;
const equals = 61;
/** In the place of a character's code: whichever it is. */
const any = -1;

/**
 * Rules, made ready for the scan: which pairs of characters can start a secret, and what to try
 * there in which order. Shared by all streams of a redactor; holds no state of any.
 */
export class RuleSet {
  /** For each pair of ASCII codes (`first * 128 + second`) the number of its list of triggers; 0: none. */
  readonly pairs = new Uint16Array(128 * 128);
  /** The lists of triggers, by number. */
  readonly lists: (readonly Trigger[])[] = [[]];
  /** For each list, the ASCII codes that can come third: most words that begin like a secret end here. */
  readonly thirds: Uint8Array[] = [new Uint8Array(128)];
  /** For each ASCII code the triggers that begin with it. */
  readonly byFirst: readonly (readonly Trigger[])[];
  readonly names: SecretNameIndex;
  /** All placeholders: what is never redacted again. */
  readonly placeholders: readonly string[];
  readonly #placeholders = new Map<string, string>();

  constructor(rules: readonly RedactionRule[], placeholder: (category: string) => string) {
    for (const { category } of rules) {
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(category)) {
        throw new AsmError(
          'invalid_input',
          `A redaction category must be of letters, digits, _ and -: ${JSON.stringify(category)}`,
        );
      }
      this.#placeholders.set(category, placeholder(category));
    }
    const assignments = rules.filter((rule) => rule.form === 'assignment');
    this.names = new SecretNameIndex(assignments);
    this.placeholders = [...new Set(this.#placeholders.values())];
    const triggers = this.#triggers(rules, assignments);
    this.byFirst = Array.from({ length: 128 }, (_, first) =>
      triggers.filter((trigger) => trigger.codes.some(([code]) => code === first)),
    );
    this.#indexPairs();
  }

  /** What stands in the place of a secret of this category. */
  placeholder(category: string): string {
    return this.#placeholders.get(category) ?? '';
  }

  isPlaceholder(text: string): boolean {
    return this.placeholders.includes(text);
  }

  #triggers(rules: readonly RedactionRule[], assignments: readonly AssignmentRule[]): Trigger[] {
    const placeholders = this.placeholders.filter((text) => text !== '');
    const inLowerCase = placeholders.map((text) => text.toLowerCase());
    const exceptions = [
      ...inLowerCase,
      // What other rules leave of an authorization header, and what they find on their own.
      ...['bearer ', 'basic ', 'token '].flatMap((scheme) => inLowerCase.map((text) => scheme + text)),
      privateKeyBegin.toLowerCase(),
    ];
    const structured: Trigger[] = [];
    for (const rule of rules) {
      if (rule.form === 'private_key') {
        structured.push({
          codes: [[45, 45, 45]],
          open: () => new PrivateKeyCandidate(rule.category),
        });
      } else if (rule.form === 'url_password') {
        structured.push({
          codes: [[colon, any, any]],
          open: (left) =>
            urlPasswordMayStart(left, placeholders)
              ? new UrlPasswordCandidate(rule.category, inLowerCase)
              : undefined,
        });
      }
    }
    const tokens = tokenPatterns(rules.filter((rule) => rule.form === 'token')).map((pattern): Trigger => ({
      codes: pattern.starting,
      open: (left) => (tokenMayStart(pattern, left) ? new TokenCandidate(pattern) : undefined),
    }));
    const { names } = this;
    const assigned = (operator: number): Trigger => ({
      codes: [[operator, any, any]],
      open(left) {
        const name = names.findLeftOf(left, operator);
        return name === undefined ? undefined : new AssignmentCandidate(name, exceptions);
      },
    });
    return [
      ...structured,
      ...tokens,
      ...(assignments.length === 0 ? [] : [assigned(colon), assigned(equals)]),
    ];
  }

  #indexPairs(): void {
    const numbers = new Map<string, number>();
    for (const [first, triggers] of this.byFirst.entries()) {
      const named = new Set(
        triggers.flatMap(({ codes }) => codes.flatMap(([one, two]) => (one === first ? [two] : []))),
      );
      // What no trigger names comes second only where any may, and there all of it is alike.
      if (named.delete(any)) {
        const number = this.#listNumber(numbers, triggers, first, any);
        this.pairs.fill(number, first * 128, (first + 1) * 128);
      }
      for (const second of named) {
        if (second < 128)
          this.pairs[first * 128 + second] = this.#listNumber(numbers, triggers, first, second);
      }
    }
  }

  /** The number of the list of those that can go on with `second`, which is made when it is new. */
  #listNumber(
    numbers: Map<string, number>,
    triggers: readonly Trigger[],
    first: number,
    second: number,
  ): number {
    const fits = triggers.map(({ codes }) =>
      codes.some(([one, two]) => one === first && (two === second || two === any)),
    );
    const thirds = thirdCodes(triggers, first, second);
    const key = `${first}:${fits.join()}:${thirds.join('')}`;
    const number = numbers.get(key) ?? this.lists.length;
    if (number === this.lists.length) {
      this.lists.push(triggers.filter((_, index) => fits[index]));
      this.thirds.push(thirds);
      numbers.set(key, number);
    }
    return number;
  }
}

function thirdCodes(triggers: readonly Trigger[], first: number, second: number): Uint8Array {
  const result = new Uint8Array(128);
  for (const { codes } of triggers) {
    for (const [one, two, three] of codes) {
      if (one !== first || (two !== second && two !== any)) continue;
      if (three === any) result.fill(1);
      else result[three] = 1;
    }
  }
  return result;
}
