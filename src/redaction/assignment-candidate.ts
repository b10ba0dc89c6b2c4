import { BareValue } from './bare-value.ts';
import type { Candidate, Verdict } from './candidate.ts';
import { isQuoteCode } from './character-class.ts';
import { ExceptionReader } from './exception-reader.ts';
import { QuotedValue } from './quoted-value.ts';
import type { SecretName } from './secret-name-index.ts';

/** What reads the value of an assignment: positions count from the value's first character. */
export interface AssignedValue {
  /** `open`, `committed`: it goes on; `matched`, `failed`: this character is behind it. */
  take(code: number): Verdict;
  /** Where the secret part of the value ends. */
  readonly end: number;
  /** The text ended. */
  finish(): Verdict;
}

const longestGap = 32;
const longestOperator = 3;
const longestEscape = 7;

/** The value that is assigned to a secret's name; starts at the `:` or `=` behind the name. */
export class AssignmentCandidate implements Candidate {
  readonly category: string;
  kept = 0;
  visits = 0;
  readonly #name: SecretName;
  readonly #exception: ExceptionReader;
  #operator = '';
  #gap = 0;
  #backslashes = 0;
  #value: AssignedValue | undefined;
  #committed = false;

  /** `exceptions`: how a value begins that is left alone, in lower case. */
  constructor(name: SecretName, exceptions: readonly string[]) {
    this.category = name.category;
    this.#name = name;
    this.#exception = new ExceptionReader(exceptions);
  }

  get end(): number {
    return this.kept + (this.#value?.end ?? 0);
  }

  read(text: string, from: number): Verdict {
    for (let index = from; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      this.visits += 1;
      const verdict = this.#value === undefined ? this.#takeFront(code) : this.#takeValue(this.#value, code);
      if (verdict === 'matched' || verdict === 'failed') return verdict;
      if (verdict === 'committed') this.#committed = true;
    }
    return this.#committed ? 'committed' : 'open';
  }

  finish(): Verdict {
    return this.#value?.finish() ?? 'failed';
  }

  /** Operator, white space and opening quote. */
  #takeFront(code: number): Verdict {
    if (this.#gap === 0 && this.#backslashes === 0 && isOperatorCode(code)) {
      this.#operator += String.fromCharCode(code);
      return this.#operator.length <= longestOperator ? 'open' : 'failed';
    }
    if (this.#backslashes === 0 && (code === 32 || code === 9)) {
      this.#gap += 1;
      return this.#gap <= longestGap ? 'open' : 'failed';
    }
    if (code === 92) {
      this.#backslashes += 1;
      return this.#backslashes <= longestEscape ? 'open' : 'failed';
    }
    if (isQuoteCode(code)) {
      this.kept = this.visits;
      this.#value = new QuotedValue(code, this.#backslashes);
      return 'open';
    }
    // `==`, `=>`, `:=` stand in program text, where a value without quotes is a name.
    if (this.#backslashes > 0 || this.#operator.length > 1) return 'failed';
    this.kept = this.visits - 1;
    const value = new BareValue(this.#name, this.#operator === ':' ? 'colon' : 'equals', this.#gap > 0);
    this.#value = value;
    return this.#takeValue(value, code);
  }

  #takeValue(value: AssignedValue, code: number): Verdict {
    if (this.#committed) return value.take(code);
    const exception = this.#exception.read(code);
    if (exception === 'found') return 'failed';
    const verdict = value.take(code);
    return verdict === 'committed' && exception === 'reading' ? 'open' : verdict;
  }
}

function isOperatorCode(code: number): boolean {
  return code === 58 || code === 61 || code === 62;
}
