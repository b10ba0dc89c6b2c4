import { isJsonObject, type JsonObject, type JsonValue } from '../domain/json.ts';
import type { SeededRandom } from './store-contract/seeded-random.ts';

/**
 * A message as a later version of an agent might write it: some of its fields, at any depth, are gone, have
 * another name or another kind of value, and some are new.
 */
export function driftedMessage(message: JsonObject, random: SeededRandom): JsonObject {
  const changed = drifted(message, random, 1 / (1 + random.below(20)));
  return isJsonObject(changed) ? changed : {};
}

function drifted(value: JsonValue, random: SeededRandom, rate: number): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => drifted(item, random, rate));
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).flatMap(([name, field]): [string, JsonValue][] => {
    const inner = drifted(field, random, rate);
    if (!random.chance(rate)) return [[name, inner]];
    switch (random.below(4)) {
      case 0:
        return [];
      case 1:
        return [[`${name}_v2`, inner]];
      case 2:
        return [[name, random.pick<JsonValue>([null, 7, true, [inner], { value: inner }])]];
      default:
        return [
          [name, inner],
          [`added_${random.below(100)}`, random.pick<JsonValue>([null, 'added', { deep: [1, 'added'] }])],
        ];
    }
  });
  return Object.fromEntries(fields);
}

/** Every text in a value, at any depth, but in fields of these names. */
export function textsIn(value: unknown, except: ReadonlySet<string> = new Set()): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => (except.has(name) ? [] : textsIn(field, except)));
}
