import { isJsonObject, type JsonValue } from './json.ts';
import type { ToolCall } from './tool.ts';

/** The input of a call without what says nothing about what the call does, in one order. */
export function callMeaning({ input, remarks = [] }: Pick<ToolCall, 'input' | 'remarks'>): JsonValue {
  return orderedJson(Object.fromEntries(Object.entries(input).filter(([name]) => !remarks.includes(name))));
}

/** The same value with the fields of its objects in one order; by code units, as on every machine. */
export function orderedJson(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return ['[]', ...value.map((item: JsonValue) => orderedJson(item))];
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value).toSorted((first, second) => (first < second ? -1 : 1));
  // As pairs, since an object would put names that are numbers first, and `__proto__` nowhere.
  return ['{}', ...names.map((name) => [name, orderedJson(value[name] ?? null)])];
}
