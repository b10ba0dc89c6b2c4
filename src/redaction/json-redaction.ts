import { setOwn, type JsonValue } from '../domain/json.ts';
import type { KnownKeys, RedactText } from './known-keys.ts';
import type { RuleSet } from './rule-set.ts';

/** A container that is being gone through. */
interface Level {
  readonly source: readonly JsonValue[] | { readonly [key: string]: JsonValue };
  /** The keys of an object; undefined for an array. */
  readonly keys: readonly string[] | undefined;
  /** The category of its strings, if it is an array under the key of a secret. */
  readonly category: string | undefined;
  /** Children so far, and the keys that they get. */
  readonly values: JsonValue[];
  readonly newKeys: string[];
  changed: boolean;
}

/** `Redactor.json`. Goes without recursion: a deep value must neither hide a secret nor end the process. */
export function redactJson(
  root: JsonValue,
  rules: RuleSet,
  keys: KnownKeys,
  redactText: RedactText,
): { readonly value: JsonValue; readonly count: number } {
  let count = 0;
  const redact = (text: string): string => {
    const result = redactText(text);
    count += result.count;
    return result.text;
  };
  const leaf = (value: JsonValue, category: string | undefined): JsonValue => {
    if (typeof value !== 'string') return value;
    if (category === undefined) return redact(value);
    if (value === '' || rules.isPlaceholder(value)) return value;
    count += 1;
    return rules.placeholder(category);
  };
  if (!isContainer(root)) return { value: leaf(root, undefined), count };

  const levels: Level[] = [open(root, undefined)];
  for (;;) {
    const level = levels.at(-1);
    if (level === undefined) throw new TypeError('unreachable: the root returns');
    const index = level.values.length;
    const key = level.keys?.[index];
    const isDone = index === (level.keys?.length ?? level.source.length);
    if (isDone) {
      const value = close(level);
      levels.pop();
      const parent = levels.at(-1);
      if (parent === undefined) return { value, count };
      add(parent, value);
      continue;
    }
    const child = childAt(level, index);
    const category = key === undefined ? level.category : keys.look(key).category;
    if (isContainer(child)) {
      levels.push(open(child, Array.isArray(child) ? category : undefined));
    } else {
      add(level, leaf(child, category));
    }
  }

  function add(level: Level, value: JsonValue): void {
    const index = level.values.length;
    const key = level.keys?.[index];
    if (value !== childAt(level, index)) level.changed = true;
    level.values.push(value);
    if (key === undefined) return;
    const known = keys.look(key);
    count += known.count;
    if (known.count > 0) level.changed = true;
    level.newKeys.push(known.text);
  }
}

type Container = readonly JsonValue[] | { readonly [key: string]: JsonValue };

function isContainer(value: JsonValue): value is Container {
  return typeof value === 'object' && value !== null;
}

function isArray(value: Container): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function open(source: Container, category: string | undefined): Level {
  const keys = isArray(source) ? undefined : Object.keys(source);
  return { source, keys, category, values: [], newKeys: [], changed: false };
}

function childAt(level: Level, index: number): JsonValue {
  const { source, keys } = level;
  const child = isArray(source) ? source[index] : source[keys?.[index] ?? ''];
  return child ?? null;
}

function close(level: Level): JsonValue {
  if (!level.changed) return level.source;
  if (level.keys === undefined) return level.values;
  const result: Record<string, JsonValue> = {};
  for (const [index, key] of level.newKeys.entries()) {
    let free = key;
    for (let number = 2; Object.hasOwn(result, free); number += 1) free = `${key} (${number})`;
    setOwn(result, free, level.values[index] ?? null);
  }
  return result;
}
