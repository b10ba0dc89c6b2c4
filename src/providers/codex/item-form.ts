import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/json.ts';
import { fieldOf, listField, textField } from '../../domain/json-field.ts';
import { itemFields, type FieldKind } from './protocol.ts';
import { changeKind } from './tool-call.ts';

/** True when all that is read of an item has the form that is known, so that nothing of it is overlooked. */
export function hasKnownForm(item: JsonObject): boolean {
  const type = textField(item, 'type') ?? '';
  const fields = Object.hasOwn(itemFields, type) ? itemFields[type] : undefined;
  if (fields === undefined) return false;
  if (!Object.entries(fields).every(([name, kind]) => isKind(fieldOf(item, name), kind))) return false;
  return listField(item, 'changes').every(
    (change) =>
      textField(change, 'path') !== undefined &&
      textField(change, 'diff') !== undefined &&
      changeKind(change) !== undefined,
  );
}

function isKind(value: JsonValue | undefined, kind: FieldKind): boolean {
  switch (kind) {
    case 'any':
      return value !== undefined;
    case 'text':
      return typeof value === 'string';
    case 'list':
      return Array.isArray(value);
    default:
      return value === null || isPresentKind(value, kind);
  }
}

function isPresentKind(value: JsonValue | undefined, kind: FieldKind): boolean {
  switch (kind) {
    case 'text?':
      return typeof value === 'string';
    case 'number?':
      return typeof value === 'number';
    case 'boolean?':
      return typeof value === 'boolean';
    case 'list?':
      return Array.isArray(value);
    default:
      return isJsonObject(value);
  }
}
