/** Compares the start of a value with texts that are no secrets, character by character and without case. */
export class ExceptionReader {
  readonly #texts: readonly string[];
  #length = 0;
  #head = '';
  #state: 'reading' | 'found' | 'none';

  /** Takes the texts in lower case. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#state = texts.length === 0 ? 'none' : 'reading';
  }

  /** Takes the next character. `found`: the value begins with one of the texts; `none`: it can't any more. */
  read(code: number): 'reading' | 'found' | 'none' {
    if (this.#state !== 'reading') return this.#state;
    this.#head += String.fromCharCode(code).toLowerCase();
    this.#length += 1;
    this.#state = 'none';
    for (const text of this.#texts) {
      if (text.length < this.#length || !text.startsWith(this.#head)) continue;
      if (text.length === this.#length) return (this.#state = 'found');
      this.#state = 'reading';
    }
    return this.#state;
  }
}
