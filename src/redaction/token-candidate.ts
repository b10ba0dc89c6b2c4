import { longestOpenCandidate, type Candidate, type Verdict } from './candidate.ts';
import { isDigitCode, isUpperCode, isWordCode, type CharacterClass } from './character-class.ts';
import type { LeftContext } from './left-context.ts';
import type { TokenNeed, TokenStart } from './redaction-rule.ts';

/** A token rule with one of its prefixes, ready to be compared. */
export interface TokenPattern {
  readonly category: string;
  /** In lower case if `ignoreCase`. */
  readonly prefix: string;
  readonly ignoreCase: boolean;
  readonly keepPrefix: boolean;
  readonly starts: TokenStart;
  readonly characters: CharacterClass;
  readonly minimum: number;
  readonly needs: TokenNeed | undefined;
  /** A character code; -1 if there is none. */
  readonly separator: number;
  readonly parts: number;
}

/** How far a rule's `needs` may be away. It bounds how often a character is read again. */
const needWithin = 256;

/** A secret with a fixed prefix. */
export class TokenCandidate implements Candidate {
  readonly category: string;
  readonly kept: number;
  end = 0;
  visits = 0;
  readonly #pattern: TokenPattern;
  #inPrefix = 0;
  #inPart = 0;
  #parts = 0;
  #satisfied: boolean;
  #committed = false;

  constructor(pattern: TokenPattern) {
    this.category = pattern.category;
    this.kept = pattern.keepPrefix ? pattern.prefix.length : 0;
    this.#pattern = pattern;
    this.#satisfied = pattern.needs === undefined;
  }

  read(text: string, from: number): Verdict {
    const { prefix, characters, minimum } = this.#pattern;
    let index = from;
    while (this.#inPrefix < prefix.length) {
      if (index >= text.length) return 'open';
      const code = text.charCodeAt(index);
      this.visits += 1;
      if (this.#folded(code) !== prefix.charCodeAt(this.#inPrefix)) return 'failed';
      this.#inPrefix += 1;
      index += 1;
    }
    for (; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      this.visits += 1;
      if (code < 128 && characters[code] === 1) {
        this.#inPart += 1;
        if (!this.#satisfied) this.#look(code);
        if (this.#inPart === minimum) this.#parts += 1;
        if (!this.#committed && !this.#decide()) return 'failed';
        if (this.#committed && this.#inPart >= minimum) this.end = this.visits;
      } else if (code === this.#pattern.separator && this.#inPart >= minimum) {
        this.#inPart = 0;
      } else {
        return this.finish();
      }
    }
    return this.#committed ? 'committed' : 'open';
  }

  finish(): Verdict {
    return this.#committed ? 'matched' : 'failed';
  }

  /** False if it can't become a secret any more. */
  #decide(): boolean {
    const { parts, minimum } = this.#pattern;
    this.#committed =
      (this.#satisfied && this.#parts >= parts && this.#inPart >= minimum) ||
      this.visits >= longestOpenCandidate;
    if (this.#committed) this.end = this.visits;
    return this.#committed || this.#satisfied || this.visits < needWithin;
  }

  #look(code: number): void {
    this.#satisfied =
      isDigitCode(code) || (this.#pattern.needs === 'digit_or_upper_case' && isUpperCode(code));
  }

  #folded(code: number): number {
    return this.#pattern.ignoreCase && isUpperCode(code) ? code | 32 : code;
  }
}

/** True if a secret of this pattern may start here. */
export function tokenMayStart(pattern: TokenPattern, left: LeftContext): boolean {
  if (pattern.starts === 'anywhere') return true;
  const previous = left.code(1);
  if (previous < 0) return true;
  const isInside = isWordCode(previous) || (pattern.starts === 'run' && pattern.characters[previous] === 1);
  return !isInside || endsWithEscape(left, previous);
}

/** `\n` in JSON and the colours of a terminal end in a letter that is not part of a word. */
function endsWithEscape(left: LeftContext, previous: number): boolean {
  const letter = String.fromCharCode(previous);
  if ('nrtbf'.includes(letter) && left.code(2) === 92) return true;
  if (letter !== 'm') return false;
  let distance = 2;
  while (distance < 16 && (isDigitCode(left.code(distance)) || left.code(distance) === 59)) distance += 1;
  return left.code(distance) === 91;
}
