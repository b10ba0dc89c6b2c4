const remembered = 256;
const trimAt = 4_096;

/**
 * The text to the left of a possible secret, over pieces and replacements: what a reader of the
 * output has seen. It is the output and not the input, so that redacting twice changes nothing more.
 */
export class LeftContext {
  #past = '';
  #buffer = '';
  #from = 0;
  #index = 0;
  #visits = 0;

  /** How many characters were looked at. */
  get visits(): number {
    return this.#visits;
  }

  /** Adds text that was given out. Ropes are kept as they are: flattening each piece would cost more than the scan. */
  append(text: string): void {
    this.#past += text;
    // A copy, since a slice would keep the whole piece alive.
    if (this.#past.length > trimAt) this.#past = copyOf(this.#past.slice(-remembered));
  }

  /** Stands before `buffer[index]`, where the buffer's part from `from` on is not given out yet. */
  stand(buffer: string, from: number, index: number): this {
    this.#buffer = buffer;
    this.#from = from;
    this.#index = index;
    return this;
  }

  /** The code of the character `distance` (1: the next) to the left, or -1 where the text begins. */
  code(distance: number): number {
    this.#visits += 1;
    const inBuffer = this.#index - distance;
    if (inBuffer >= this.#from) return this.#buffer.charCodeAt(inBuffer);
    const inPast = this.#past.length - (this.#from - inBuffer);
    return inPast >= 0 && distance <= remembered ? this.#past.charCodeAt(inPast) : -1;
  }

  /** The characters from `far` (left) to `near` (right), distances as in `code`, both included. */
  text(far: number, near: number): string {
    let result = '';
    for (let distance = far; distance >= near; distance -= 1) {
      result += String.fromCharCode(this.code(distance));
    }
    return result;
  }

  /** True if `text` stands directly before the place `distance` to the left. */
  endsWith(text: string, distance = 1): boolean {
    for (let index = 1; index <= text.length; index += 1) {
      if (this.code(distance + index - 1) !== text.charCodeAt(text.length - index)) return false;
    }
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    this.#past = '';
    this.#buffer = '';
    this.#from = 0;
    this.#index = 0;
  }
}

function copyOf(text: string): string {
  const codes: number[] = [];
  for (let index = 0; index < text.length; index += 1) codes.push(text.charCodeAt(index));
  return String.fromCharCode(...codes);
}
