import type { AssignedValue } from './assignment-candidate.ts';
import type { Verdict } from './candidate.ts';

/** How many backslashes may wait for what follows them. */
const longestPending = 64;

/**
 * A value in quotes, up to the closing quote or the end of the line. In JSON inside JSON the quotes
 * themselves stand behind backslashes; the closing one has as many as the opening one.
 */
export class QuotedValue implements AssignedValue {
  end = 0;
  readonly #quote: number;
  readonly #escapes: number;
  #length = 0;
  #backslashes = 0;

  constructor(quote: number, escapes: number) {
    this.#quote = quote;
    this.#escapes = escapes;
  }

  take(code: number): Verdict {
    const before = this.#backslashes;
    if (code === 10 || code === 13) return this.#endAt(this.#length);
    if (code === this.#quote && this.#closes(before)) {
      return this.#endAt(this.#length - Math.min(before, this.#escapes));
    }
    // `"Password: ")`: the quote behind the colon was a closing one.
    if (this.#length === 0 && isBehindClosingQuote(code)) return 'failed';
    this.#length += 1;
    if (code === 92) {
      this.#backslashes = before + 1;
      if (this.#backslashes > longestPending) this.end = this.#length;
      return this.end > 0 ? 'committed' : 'open';
    }
    this.#backslashes = 0;
    this.end = this.#length;
    return 'committed';
  }

  finish(): Verdict {
    return this.#endAt(this.#length);
  }

  #endAt(length: number): Verdict {
    if (length === 0) return 'failed';
    this.end = Math.max(this.end, length);
    return 'matched';
  }

  #closes(backslashes: number): boolean {
    if (backslashes < this.#escapes) return true;
    return backslashes % (2 * (this.#escapes + 1)) === this.#escapes;
  }
}

/** White space and `)]},;:>+`. */
function isBehindClosingQuote(code: number): boolean {
  return code <= 32 || ')]},;:>+'.includes(String.fromCharCode(code));
}
