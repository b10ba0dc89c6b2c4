import { isWordCode } from './character-class.ts';
import type { LeftContext } from './left-context.ts';
import type { AssignmentRule, BareValues } from './redaction-rule.ts';
import { harmlessNames, plainName } from './secret-names.ts';

/** A name that means a secret. */
export interface SecretName {
  readonly category: string;
  /** As `plainName` gives it. */
  readonly name: string;
  readonly whole: boolean;
  readonly bareValues: BareValues;
}

const longestName = 64;
const longestGap = 32;

/** Finds the names of secrets: of object keys, and to the left of a `:` or `=`. */
export class SecretNameIndex {
  /** By the last two characters of the name. */
  readonly #byEnding = new Map<string, SecretName[]>();
  readonly #lastCodes = new Uint8Array(128);
  readonly #harmless = new Set(harmlessNames.map(plainName));

  constructor(rules: readonly AssignmentRule[]) {
    for (const rule of rules) {
      for (const given of rule.names) {
        const name = plainName(given);
        const bareValues = rule.bareValues ?? 'literal';
        const entry = { category: rule.category, name, whole: rule.match === 'whole', bareValues };
        const ending = name.slice(-2);
        this.#byEnding.set(ending, [...(this.#byEnding.get(ending) ?? []), entry]);
        const last = name.charCodeAt(name.length - 1);
        if (last < 128) this.#lastCodes.fill(1, last, last + 1).fill(1, last & ~32, (last & ~32) + 1);
      }
    }
    this.#lastCodes.fill(1, 95, 96).fill(1, 45, 46);
  }

  /** The secret that a name means. */
  find(name: string): SecretName | undefined {
    const plain = plainName(name);
    const entries = this.#byEnding.get(plain.slice(-2));
    if (entries === undefined || this.#harmless.has(plain)) return undefined;
    return entries.find((entry) => (entry.whole ? plain === entry.name : plain.endsWith(entry.name)));
  }

  /** The secret that the name before a `:` or `=` means: `name`, `"name"`, `\"name\"`, `["name"]`, `name?`, `name: string`. */
  findLeftOf(left: LeftContext, operator: number): SecretName | undefined {
    const found = this.#findAt(left, 1, operator);
    if (found !== undefined || operator !== 61) return found;
    // `password: string = "…"`
    let distance = skipGap(left, 1);
    const type = distance;
    while (distance < longestName && isWordCode(left.code(distance))) distance += 1;
    if (distance === type) return undefined;
    distance = skipGap(left, left.code(distance) === 38 ? distance + 1 : distance);
    return left.code(distance) === 58 ? this.#findAt(left, distance + 1, operator) : undefined;
  }

  #findAt(left: LeftContext, from: number, operator: number): SecretName | undefined {
    let distance = skipGap(left, from);
    if (left.code(distance) === 63 || left.code(distance) === 33) distance += 1;
    if (left.code(distance) === 93) distance += 1;
    if (isNameQuote(left.code(distance))) {
      distance += 1;
      while (distance < longestName && left.code(distance) === 92) distance += 1;
    }
    const last = left.code(distance);
    if (last < 0 || last > 127 || this.#lastCodes[last] !== 1) return undefined;
    const near = distance;
    while (distance < near + longestName && isNameCode(left.code(distance))) distance += 1;
    if (distance === near) return undefined;
    // `/etc/passwd:12`: a place in a file.
    if (operator === 58 && left.code(distance) === 47) return undefined;
    return this.find(left.text(distance - 1, near));
  }
}

function skipGap(left: LeftContext, from: number): number {
  let distance = from;
  while (distance < from + longestGap && (left.code(distance) === 32 || left.code(distance) === 9))
    distance += 1;
  return distance;
}

function isNameCode(code: number): boolean {
  return isWordCode(code) || code === 45;
}

function isNameQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96;
}
