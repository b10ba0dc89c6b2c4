import type { AssignedValue } from './assignment-candidate.ts';
import type { Verdict } from './candidate.ts';
import { isDigitCode, isLetterCode, isUpperCode } from './character-class.ts';
import type { SecretName } from './secret-name-index.ts';
import { plainName } from './secret-names.ts';

/** After so many characters it is decided, whatever follows. It bounds how often a character is read again. */
const decideWithin = 256;
const shortestNumber = 4;
const shortestOpaque = 16;
const longestWord = 32;

/** Words that stand where a value stands and are none: constants, types, keywords, what forms say. */
const plainWords: ReadonlySet<string> = new Set(
  (
    'true false null none nil undefined nan string str text number int integer bool boolean any unknown object void never ' +
    'bytes buffer symbol array list map required optional empty missing invalid incorrect wrong await new this self ' +
    'async function lambda typeof return not if else bearer basic digest ssm vault file'
  ).split(' '),
);

/**
 * A value without quotes. It is a secret unless it looks like program text: a name, a path of names,
 * a call, a constant, a reference to a variable. A value of letters only can't be told from a
 * name; it counts in the form of environment files and, at the end of a line, in that of YAML.
 */
export class BareValue implements AssignedValue {
  end = 0;
  readonly #name: SecretName;
  readonly #operator: 'colon' | 'equals';
  readonly #spaced: boolean;
  #length = 0;
  #word = '';
  #digits = 0;
  #upper = 0;
  #lower = 0;
  #dots = 0;
  #underscores = 0;
  /** Characters that no name has. A `!` or `?` counts from the next character on: program text has them behind names. */
  #special = 0;
  #pendingSpecial = 0;
  #depth = 0;
  #committed = false;

  constructor(name: SecretName, operator: 'colon' | 'equals', spaced: boolean) {
    this.#name = name;
    this.#operator = operator;
    this.#spaced = spaced;
  }

  take(code: number): Verdict {
    if (this.#length === 0 && this.#cannotStart(code)) return 'failed';
    if (this.#endsBefore(code)) return this.#committed ? 'matched' : this.#decide(code);
    if (isOpener(code)) {
      if (this.#isName() && !this.#committed) return 'failed';
      this.#depth += 1;
    } else if (isCloser(code)) this.#depth -= 1;
    this.#length += 1;
    this.#count(code);
    // The full stop of a sentence is not part of it.
    if (code !== 46 && code !== 58) this.end = this.#length;
    if (this.#committed) return 'committed';
    if (this.#length < decideWithin) return 'open';
    this.#committed = this.#decide(-1) === 'matched';
    return this.#committed ? 'committed' : 'failed';
  }

  finish(): Verdict {
    if (this.#length === 0) return 'failed';
    return this.#committed ? 'matched' : this.#decide(10);
  }

  #cannotStart(code: number): boolean {
    if ('$%<>([{)]}*&|!,;\\'.includes(String.fromCharCode(code)) || code <= 32) return true;
    if (code === 35 && this.#spaced) return true;
    // `PWD=/home/me` is the working directory.
    return this.#name.name === 'pwd' && (code === 47 || code === 126);
  }

  #endsBefore(code: number): boolean {
    return (
      code <= 32 || '"\'`,;&\\|'.includes(String.fromCharCode(code)) || (this.#depth === 0 && isCloser(code))
    );
  }

  #count(code: number): void {
    if (code !== 46) this.#special += this.#pendingSpecial;
    this.#pendingSpecial = 0;
    if (this.#length <= longestWord) this.#word += String.fromCharCode(code);
    if (isDigitCode(code)) this.#digits += 1;
    else if (isUpperCode(code)) this.#upper += 1;
    else if (isLetterCode(code)) this.#lower += 1;
    else if (code === 46) this.#dots += 1;
    else if (code === 95) this.#underscores += 1;
    else if (code === 33 || code === 63) this.#pendingSpecial = 1;
    else this.#special += 1;
  }

  /** A name, or a path of names, as program text has them. */
  #isName(): boolean {
    return this.#special === 0 && !isDigitCode(this.#word.charCodeAt(0));
  }

  #decide(next: number): Verdict {
    return this.#isSecret(next) ? 'matched' : 'failed';
  }

  #isSecret(next: number): boolean {
    const letters = this.#upper + this.#lower;
    if (letters + this.#digits === 0) return false;
    if (this.#length <= longestWord && plainWords.has(this.#word.toLowerCase())) return false;
    if (this.#name.bareValues === 'opaque') {
      return this.#length >= shortestOpaque && letters > 0 && this.#digits > 0;
    }
    if (this.#digits === this.#length) return this.#length >= shortestNumber;
    if (this.#digits > 0 || !this.#isName()) return true;
    return this.#nameIsSecret(next);
  }

  /** Only letters, `_` and dots: by the form of the assignment. */
  #nameIsSecret(next: number): boolean {
    const isLineEnd = next === 10 || next === 13;
    const isPath = this.#dots > 0 && !this.#word.endsWith('.');
    if (isPath || plainName(this.#word) === this.#name.name) return false;
    if (this.#operator === 'equals') return !this.#spaced && next !== 41 && next !== 44;
    const isMixed = this.#lower > 0 && this.#upper > (isUpperCode(this.#word.charCodeAt(0)) ? 1 : 0);
    return isLineEnd && !isMixed && this.#underscores === 0;
  }
}

function isOpener(code: number): boolean {
  return code === 40 || code === 91 || code === 123 || code === 60;
}

function isCloser(code: number): boolean {
  return code === 41 || code === 93 || code === 125 || code === 62;
}
