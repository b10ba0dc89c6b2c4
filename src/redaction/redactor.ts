import type { JsonValue } from '../domain/json.ts';
import { defaultRedactionRules } from './default-rules.ts';
import { redactJson } from './json-redaction.ts';
import { KnownKeys } from './known-keys.ts';
import type { RedactionRule } from './redaction-rule.ts';
import { RuleSet } from './rule-set.ts';
import { TextScanner } from './text-scanner.ts';

export interface RedactionOptions {
  /** Rules in addition to the defaults. */
  readonly rules?: readonly RedactionRule[];
  /** Use `rules` and `secretKeys` only. Default false. */
  readonly replaceDefaultRules?: boolean;
  /**
   * More names of secrets, compared as a whole without case, `_` and `-`: string values of object
   * keys with such a name, and values that are assigned to it in texts.
   */
  readonly secretKeys?: readonly string[];
  /**
   * What stands in the place of a secret. Called once for each category, when the redactor is made.
   * Default `[REDACTED:category]`. It should not look like a secret or an assignment itself.
   */
  readonly placeholder?: (category: string) => string;
}

/** Replaces secrets by placeholders. Has no state between calls; streams are independent of each other. */
export interface Redactor {
  /** Redacts a whole text. Returns the same string, and a count of 0, if there was nothing. Time grows with the length only. */
  text(text: string): { readonly text: string; readonly count: number };
  /**
   * Redacts every string of a JSON value at any depth, keys included. String values, and strings in
   * arrays, under the key of a secret (`password`, `api_key`, `authorization`, …) are replaced whole.
   * The structure stays; where two keys become the same, the later one gets a number. Returns the
   * same reference if nothing changed, and shares unchanged parts with the input otherwise.
   */
  json(value: JsonValue): { readonly value: JsonValue; readonly count: number };
  /** What stands in the place of secrets. */
  readonly placeholders: readonly string[];
  /** A new stream: one for each text that arrives in pieces. */
  stream(): TextStreamRedactor;
}

/**
 * Redacts one text that arrives in pieces. For every way to cut it, the outputs of all `push` and
 * of `end`, put together, are what `text` gives for the whole. Held back is only an end of the text
 * that can still become a secret, at most about 8,192 characters, and never because of time.
 */
export interface TextStreamRedactor {
  /** Takes the next piece, of any length, down to half a surrogate pair. Returns what is decided, often all of it. */
  push(text: string): string;
  /** Ends the text and returns the rest. The next `push` begins another text. */
  end(): string;
  /** Secrets replaced since the stream was made. */
  readonly count: number;
  /** True while text is held back: `end` or a further `push` would give it out or replace it. */
  readonly holding: boolean;
}

/**
 * Makes a redactor.
 *
 * @throws AsmError `invalid_input` for a rule that is out of its limits.
 */
export function createRedactor(options: RedactionOptions = {}): Redactor {
  const { rules = [], replaceDefaultRules = false, secretKeys = [] } = options;
  const ruleSet = new RuleSet(
    [
      ...(secretKeys.length === 0
        ? []
        : [{ form: 'assignment', category: 'secret', names: secretKeys, match: 'whole' } as const]),
      ...rules,
      ...(replaceDefaultRules ? [] : defaultRedactionRules),
    ],
    options.placeholder ?? ((category) => `[REDACTED:${category}]`),
  );
  // Used by one call at a time, and clean after each.
  const scanner = new TextScanner(ruleSet);
  const text = (input: string): { readonly text: string; readonly count: number } => {
    const before = scanner.count;
    const output = scanner.whole(input);
    return { text: output, count: scanner.count - before };
  };
  const keys = new KnownKeys(ruleSet, text);
  return {
    text,
    json: (value) => redactJson(value, ruleSet, keys, text),
    placeholders: ruleSet.placeholders,
    stream: () => new TextScanner(ruleSet),
  };
}

/** Lets everything pass. */
export const noRedaction: Redactor = {
  text: (text) => ({ text, count: 0 }),
  json: (value) => ({ value, count: 0 }),
  placeholders: [],
  stream: () => ({ push: (text) => text, end: () => '', count: 0, holding: false }),
};
