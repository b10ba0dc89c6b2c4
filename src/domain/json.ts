/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object: what tool inputs, metadata and event data are made of. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** True for plain JSON objects; false for arrays, null and primitives. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Turns any value into JSON: what `JSON.stringify` drops or refuses (functions, symbols, bigint,
 * cycles, what throws when read, values nested deeper than 64 levels) becomes a short text that names it. Never throws.
 */
export function toJson(value: unknown): JsonValue {
  return convert(value, 0, new Set());
}

const maximumDepth = 64;

function convert(value: unknown, depth: number, ancestors: Set<object>): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'undefined':
      return null;
    case 'object':
      break;
    default:
      return `[${typeof value}]`;
  }
  if (value === null) return null;
  if (ancestors.has(value)) return '[circular]';
  if (depth >= maximumDepth) return '[too deep]';
  ancestors.add(value);
  try {
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    }
    // Not `map`, which leaves the holes of a sparse array as holes.
    if (Array.isArray(value)) return Array.from(value, (item) => convert(item, depth + 1, ancestors));
    const result: Record<string, JsonValue> = {};
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      setOwn(result, key, convert(item, depth + 1, ancestors));
    }
    return result;
  } catch {
    // A getter or a proxy that throws when it is looked at.
    return '[unreadable]';
  } finally {
    ancestors.delete(value);
  }
}

/** Gives an object that is being built an own field of any name. */
export function setOwn(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (!(key in object)) {
    object[key] = value;
    return;
  }
  // What is inherited may take the value for itself, as `__proto__` does, or refuse it, if it is frozen.
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
