import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** Reads a field of something that came from an agent and may have any shape. */
export function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** A field that is text, else `undefined`. */
export function textField(value: JsonValue | undefined, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}

/** A field that is a finite number, else `undefined`. */
export function numberField(value: JsonValue | undefined, name: string): number | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'number' && Number.isFinite(field) ? field : undefined;
}

/** A field that is a list; an empty one where there is none. */
export function listField(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  const field = fieldOf(value, name);
  return isJsonList(field) ? field : [];
}

function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A field deep inside, by the names on the way to it. */
export function fieldAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((inner, name) => fieldOf(inner, name), value);
}

/** A field that is an object; an empty one where there is none. */
export function objectField(value: JsonValue | undefined, name: string): JsonObject {
  const field = fieldOf(value, name);
  return isJsonObject(field) ? field : {};
}
