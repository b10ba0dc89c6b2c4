import { longestOpenCandidate, type Candidate, type Verdict } from './candidate.ts';
import { isQuoteCode } from './character-class.ts';
import { ExceptionReader } from './exception-reader.ts';
import type { LeftContext } from './left-context.ts';

/** The password of `scheme://user:password@host`; starts at the colon before it. */
export class UrlPasswordCandidate implements Candidate {
  readonly category: string;
  readonly kept = 1;
  end = 0;
  visits = 0;
  #committed = false;
  readonly #exception: ExceptionReader;

  /** Takes the placeholders in lower case. */
  constructor(category: string, placeholders: readonly string[]) {
    this.category = category;
    this.#exception = new ExceptionReader(placeholders);
  }

  read(text: string, from: number): Verdict {
    for (let index = from; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      this.visits += 1;
      if (this.visits === 1) continue;
      if (endsAuthority(code)) return this.finish();
      // A name in a template is no password.
      if (this.visits === 2 && (code === 36 || code === 123 || code === 37)) return 'failed';
      if (this.#exception.read(code) === 'found') return 'failed';
      // The last @ counts: passwords hold the others.
      if (!this.#committed && code === 64) this.end = this.visits - 1;
      if (this.visits >= longestOpenCandidate) this.#committed = true;
      if (this.#committed) this.end = this.visits;
    }
    return this.#committed ? 'committed' : 'open';
  }

  finish(): Verdict {
    return this.end > 1 ? 'matched' : 'failed';
  }
}

const longestUser = 200;

/** True if the text to the left of a colon is that of a URL up to its user. */
export function urlPasswordMayStart(left: LeftContext, placeholders: readonly string[]): boolean {
  let distance = 1;
  // A user that was a secret itself.
  const placeholder = placeholders.find((text) => text !== '' && left.endsWith(text));
  if (placeholder !== undefined) distance += placeholder.length;
  else while (distance <= longestUser && isUserCode(left.code(distance))) distance += 1;
  return left.endsWith('://', distance) || left.endsWith(':\\/\\/', distance);
}

function isUserCode(code: number): boolean {
  return code > 32 && !endsAuthority(code) && !'[]{}:@'.includes(String.fromCharCode(code));
}

function endsAuthority(code: number): boolean {
  return (
    code <= 32 ||
    isQuoteCode(code) ||
    code === 47 ||
    code === 63 ||
    code === 35 ||
    code === 60 ||
    code === 62 ||
    code === 92 ||
    code === 124
  );
}
