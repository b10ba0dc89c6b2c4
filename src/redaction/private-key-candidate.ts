import type { Candidate, Verdict } from './candidate.ts';
import { isDigitCode, isLetterCode, isUpperCode } from './character-class.ts';

/** Where a PEM or PGP private key begins. */
export const privateKeyBegin = '-----BEGIN ';

/** From this many base64 characters in a row on, the text behind a BEGIN line is a key. */
const keyRun = 24;
/** A shorter run is the last line of a key, or a word of the text behind a key without END. */
const shortRun = 16;
/** A block with BEGIN and END holds a key if it has so many base64 characters in all. */
const shortestKey = 16;
const mostWords = 8;
const longestLabel = 64;
const longestPreamble = 2_048;
const longestGap = 256;

type Phase = 'begin' | 'label' | 'body' | 'header' | 'end';

/**
 * A private key block: BEGIN line, header lines, base64, END line. Between the runs of base64 there
 * may be what the listings of programs put there: white space, `\n` as two characters, quotes, line
 * numbers, the signs of a diff. Without an END it reaches to the last run that belongs to it, and
 * a BEGIN line without a key is left alone.
 */
export class PrivateKeyCandidate implements Candidate {
  readonly category: string;
  readonly kept = 0;
  end = 0;
  visits = 0;
  #phase: Phase = 'begin';
  #label = '';
  #dashes = 0;
  #run = 0;
  #runIsNumber = true;
  #words = 0;
  #total = 0;
  #gap = 0;
  #escaped = false;
  #lastRunWasShort = false;
  #committed = false;

  constructor(category: string) {
    this.category = category;
  }

  read(text: string, from: number): Verdict {
    for (let index = from; index < text.length; index += 1) {
      this.visits += 1;
      if (!this.#take(text.charCodeAt(index))) return this.finish();
      if (this.#phase === 'end' && this.#dashes === 5) {
        this.end = this.visits;
        return this.#total >= shortestKey ? 'matched' : 'failed';
      }
    }
    return this.#committed ? 'committed' : 'open';
  }

  finish(): Verdict {
    return this.#committed ? 'matched' : 'failed';
  }

  /** False where the block ends before this character. */
  #take(code: number): boolean {
    switch (this.#phase) {
      case 'begin':
        if (code !== privateKeyBegin.charCodeAt(this.visits - 1)) return false;
        if (this.visits === privateKeyBegin.length) this.#phase = 'label';
        return true;
      case 'label':
        return this.#takeLabel(code);
      case 'header':
        return this.#takeHeader(code);
      case 'end':
        return this.#takeEnd(code);
      case 'body':
        if (!this.#committed && this.visits > longestPreamble) return false;
        return this.#takeBody(code);
    }
  }

  #takeLabel(code: number): boolean {
    if (code === 45) {
      this.#dashes += 1;
      if (this.#dashes < 5) return true;
      this.#dashes = 0;
      this.#phase = 'body';
      return this.#label.includes('PRIVATE KEY');
    }
    this.#label += String.fromCharCode(code);
    return (
      this.#dashes === 0 &&
      this.#label.length <= longestLabel &&
      (isUpperCode(code) || isDigitCode(code) || code === 32)
    );
  }

  /** `Proc-Type: 4,ENCRYPTED`: up to the end of its line. */
  #takeHeader(code: number): boolean {
    if (this.visits > longestPreamble) return false;
    if (code === 10 || code === 13 || (this.#escaped && code === 110)) this.#phase = 'body';
    this.#escaped = code === 92;
    this.#startGap();
    return true;
  }

  #takeBody(code: number): boolean {
    if (this.#escaped && code !== 92) {
      this.#escaped = false;
      // An escaped slash is base64; an escaped letter is white space.
      if (code !== 47) return this.#takeGap(isLetterCode(code) || isGapCode(code));
    }
    if (code === 45) return this.#takeDash();
    if (this.#dashes > 0 && !this.#endDashes()) return false;
    if (isBase64Code(code)) return this.#takeBase64(code);
    if (code === 92) {
      this.#escaped = true;
      this.#gap += 1;
      return this.#gap <= longestGap;
    }
    if (!this.#committed && code === 58 && this.#run > 0 && !this.#runIsNumber) {
      this.#phase = 'header';
      return true;
    }
    return this.#takeGap(isGapCode(code));
  }

  #takeBase64(code: number): boolean {
    // A second short run is text behind a key that was cut off; a plus may be the sign of a diff.
    const canFollow = code === 61 || code === 43 || isDigitCode(code);
    if (this.#run === 0 && this.#lastRunWasShort && this.#committed && !canFollow) return false;
    this.#run += 1;
    this.#total += 1;
    this.#runIsNumber &&= isDigitCode(code);
    this.#gap = 0;
    if (this.#run >= keyRun) this.#committed = true;
    if (this.#committed) this.end = this.visits;
    return true;
  }

  #takeGap(isGap: boolean): boolean {
    if (!isGap) return false;
    if (this.#run > 0) {
      // Before the key there are line numbers, and few words.
      if (!this.#runIsNumber) this.#words += 1;
      if (!this.#committed && this.#words > mostWords) return false;
      this.#lastRunWasShort = !this.#runIsNumber && this.#run < shortRun;
    }
    this.#startGap();
    this.#gap += 1;
    return this.#gap <= longestGap;
  }

  #takeDash(): boolean {
    this.#dashes += 1;
    if (this.#dashes < 5) return true;
    this.#phase = 'end';
    this.#label = '';
    this.#dashes = 0;
    return true;
  }

  /** One dash is the sign of a diff, or part of a header's name. */
  #endDashes(): boolean {
    const isOne = this.#dashes === 1;
    this.#dashes = 0;
    return isOne;
  }

  #takeEnd(code: number): boolean {
    if (code === 45 && this.#label === '') {
      // A sixth dash: the first was the sign of a diff.
      const isSixth = this.#dashes === 0;
      this.#dashes = -1;
      return isSixth;
    }
    if (code === 45) {
      this.#dashes += 1;
      return this.#label.startsWith('END ');
    }
    if (this.#label === '') this.#dashes = 0;
    this.#label += String.fromCharCode(code);
    return (
      this.#dashes === 0 &&
      this.#label.length <= longestLabel &&
      (this.#label.length > 4
        ? isUpperCode(code) || isDigitCode(code) || code === 32
        : 'END '.startsWith(this.#label))
    );
  }

  #startGap(): void {
    this.#run = 0;
    this.#runIsNumber = true;
  }
}

function isBase64Code(code: number): boolean {
  return isLetterCode(code) || isDigitCode(code) || code === 43 || code === 47 || code === 61;
}

/** White space, quotes, `,`, `:`, `>`, `|`, and the arrow of numbered listings. */
function isGapCode(code: number): boolean {
  return (
    code === 32 ||
    (code >= 9 && code <= 13) ||
    code === 34 ||
    code === 39 ||
    code === 96 ||
    code === 44 ||
    code === 58 ||
    code === 62 ||
    code === 124 ||
    code === 0x2192
  );
}
