import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';

/** The object with a value set deep inside; objects on the way are made. */
export function withMeta(meta: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) return meta;
  if (rest.length === 0) return { ...meta, [name]: value };
  const inner = Object.hasOwn(meta, name) ? meta[name] : undefined;
  return { ...meta, [name]: withMeta(isJsonObject(inner) ? inner : {}, rest, value) };
}

/** Both objects in one; where both have a value that is no object, that of the second. */
export function mergeMeta(first: JsonObject, second: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = Object.hasOwn(first, name) ? first[name] : undefined;
    merged[name] = isJsonObject(before) && isJsonObject(value) ? mergeMeta(before, value) : value;
  }
  return merged;
}
