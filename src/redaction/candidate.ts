/**
 * What is known about a candidate after some of its characters:
 * `open`: may still turn out to be no secret; `committed`: a secret, which may go on;
 * `matched`: a secret that has ended; `failed`: none.
 */
export type Verdict = 'open' | 'committed' | 'matched' | 'failed';

/**
 * One possible secret that is being read, character by character. What it says depends on its
 * characters alone and never on how they were cut into pieces: this is what makes a stream give
 * the same result for every split. Positions count from the candidate's first character.
 */
export interface Candidate {
  readonly category: string;
  /** How many characters at the start stay in the text. Final once it is not `open` any more. */
  readonly kept: number;
  /** Where the secret ends, as far as is known. Grows while `committed`. */
  readonly end: number;
  /** How many characters were looked at: the measure of work. */
  readonly visits: number;
  /** Reads `text` from `from` to its end, or until it has a final verdict. */
  read(text: string, from: number): Verdict;
  /** The text has ended: gives the final verdict, `matched` or `failed`. */
  finish(): Verdict;
}

/** How long a candidate may stay `open`, in UTF-16 units; then it is taken for a secret. */
export const longestOpenCandidate = 8_192;
