import type { RuleSet } from './rule-set.ts';

/** Redacts a whole text, and counts what it replaced. */
export type RedactText = (text: string) => { readonly text: string; readonly count: number };

/** What redaction makes of a key of an object. */
export interface RedactedKey {
  readonly text: string;
  readonly count: number;
  /** Of the secret that the key names, if it names one. */
  readonly category: string | undefined;
}

const mostKeys = 1_000;
const longestKey = 64;

/** Redacts keys of objects, and remembers those without secrets: events have the same few over and over. */
export class KnownKeys {
  readonly #rules: RuleSet;
  readonly #redact: RedactText;
  readonly #known = new Map<string, RedactedKey>();

  constructor(rules: RuleSet, redact: RedactText) {
    this.#rules = rules;
    this.#redact = redact;
  }

  look(key: string): RedactedKey {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const looked = { ...this.#redact(key), category: this.#rules.names.find(key)?.category };
    if (looked.count > 0 || key.length > longestKey) return looked;
    if (this.#known.size >= mostKeys) this.#known.clear();
    this.#known.set(key, looked);
    return looked;
  }
}
