import type { Candidate, Verdict } from './candidate.ts';
import { LeftContext } from './left-context.ts';
import type { RuleSet, Trigger } from './rule-set.ts';

/**
 * Redacts one text that arrives in pieces. The text is read from left to right, one candidate at a
 * time: the left-most secret wins, at one place the first trigger that fits. Everything before a
 * candidate is given out at once; the candidate itself when it is decided.
 */
export class TextScanner {
  /** Secrets replaced so far. */
  count = 0;
  readonly #rules: RuleSet;
  readonly #left = new LeftContext();
  #visits = 0;
  /** The text of the candidate that is not given out yet, and where in the candidate it begins. */
  #held = '';
  #heldFrom = 0;
  #candidate: Candidate | undefined;
  /** What can start where the candidate starts, and which of it is being tried. */
  #triggers: readonly Trigger[] = [];
  #choice = 0;
  #isReplaced = false;

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  /** True while text is held back. */
  get holding(): boolean {
    return this.#held !== '';
  }

  /** How many characters were looked at: the measure of work, for tests. */
  get visits(): number {
    return this.#visits + this.#left.visits;
  }

  /** Takes the next piece and gives out what is decided. */
  push(text: string): string {
    if (text === '') return '';
    if (this.#candidate === undefined) return this.#scan(text, 0, false);
    return this.#resume(this.#candidate, text, false);
  }

  /** Ends the text and gives out the rest. The scanner can then take another text. */
  end(): string {
    const rest = this.#candidate === undefined ? '' : this.#resume(this.#candidate, '', true);
    this.#left.clear();
    return rest;
  }

  /** A whole text: the same as `push` and `end`. Returns the same string if nothing changed. */
  whole(text: string): string {
    const result = this.#scan(text, 0, true);
    this.#left.clear();
    return result;
  }

  #resume(candidate: Candidate, text: string, isEnd: boolean): string {
    let verdict = this.#read(candidate, text, 0, isEnd);
    if (verdict === 'open') {
      this.#held += text;
      return '';
    }
    const buffer = this.#held + text;
    const start = -this.#heldFrom;
    if (verdict === 'failed') {
      this.#choice += 1;
      verdict = this.#try(buffer, 0, 0, isEnd);
    }
    return this.#scan(buffer, start, isEnd, verdict);
  }

  /** Goes through `buffer` from `start`; with a verdict on the candidate that starts there. */
  #scan(buffer: string, start: number, isEnd: boolean, resumed?: Verdict): string {
    let output = '';
    let given = 0;
    let verdict = resumed;
    let place = start;
    for (;;) {
      if (verdict === undefined) {
        place = this.#findTriggers(buffer, place);
        if (place < 0) break;
        verdict = this.#try(buffer, place, given, isEnd);
      }
      const candidate = this.#candidate;
      if (verdict === 'failed' || candidate === undefined) {
        place += 1;
      } else if (verdict === 'open') {
        output += this.#give(buffer.slice(given, place));
        this.#hold(buffer.slice(place), 0);
        return output;
      } else {
        if (!this.#isReplaced) {
          this.#isReplaced = true;
          this.count += 1;
          const placeholder = this.#rules.placeholder(candidate.category);
          output += this.#give(buffer.slice(given, place + candidate.kept) + placeholder);
        }
        given = place + candidate.end;
        place = given;
        if (verdict === 'committed') {
          this.#hold(buffer.slice(given), candidate.end);
          return output;
        }
      }
      this.#candidate = undefined;
      verdict = undefined;
    }
    this.#hold('', 0);
    const rest = given === 0 ? buffer : buffer.slice(given);
    if (!isEnd) this.#left.append(rest);
    return output === '' ? rest : output + rest;
  }

  /** Finds the next place at which a secret can start, and sets what can; -1 if there is none. */
  #findTriggers(buffer: string, from: number): number {
    const { pairs, lists, thirds, byFirst } = this.#rules;
    const last = buffer.length - 1;
    if (from > last) return -1;
    this.#choice = 0;
    let code = buffer.charCodeAt(from);
    if (code > 127) code = 0;
    for (let index = from; index < last; index += 1) {
      let next = buffer.charCodeAt(index + 1);
      if (next > 127) next = 0;
      const list = pairs[code * 128 + next];
      if (
        list !== 0 &&
        list !== undefined &&
        (index + 1 === last || canBeThird(thirds[list], buffer.charCodeAt(index + 2)))
      ) {
        this.#visits += index - from + 1;
        this.#triggers = lists[list] ?? [];
        return index;
      }
      code = next;
    }
    this.#visits += last - from + 1;
    this.#triggers = byFirst[code] ?? [];
    return this.#triggers.length === 0 ? -1 : last;
  }

  /** Tries what can start at `place`, in order, from the current choice on. */
  #try(buffer: string, place: number, given: number, isEnd: boolean): Verdict {
    for (; this.#choice < this.#triggers.length; this.#choice += 1) {
      const candidate = this.#triggers[this.#choice]?.open(this.#left.stand(buffer, given, place));
      if (candidate === undefined) continue;
      const verdict = this.#read(candidate, buffer, place, isEnd);
      if (verdict === 'failed') continue;
      this.#candidate = candidate;
      this.#isReplaced = false;
      return verdict;
    }
    this.#candidate = undefined;
    return 'failed';
  }

  #read(candidate: Candidate, text: string, from: number, isEnd: boolean): Verdict {
    const before = candidate.visits;
    const verdict = candidate.read(text, from);
    this.#visits += candidate.visits - before;
    return isEnd && (verdict === 'open' || verdict === 'committed') ? candidate.finish() : verdict;
  }

  #hold(text: string, from: number): void {
    this.#held = text;
    this.#heldFrom = from;
  }

  #give(text: string): string {
    this.#left.append(text);
    return text;
  }
}

/** Outside of ASCII only what may be anything, as NUL then may. */
function canBeThird(codes: Uint8Array | undefined, code: number): boolean {
  return codes?.[code < 128 ? code : 0] === 1;
}
