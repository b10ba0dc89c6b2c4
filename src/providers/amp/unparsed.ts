import { isJsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';

/** Keeps a message, or a piece of one, that has not the form that is known. */
export function unparsed(raw: JsonValue): ProviderEvent {
  return { type: 'unparsed', data: { raw } };
}

/**
 * The events of a piece of a message, and the piece as it is when it has fields that are not known: another
 * version of Amp may say something in them.
 */
export function withUnknownFields(
  piece: JsonValue,
  known: ReadonlySet<string>,
  events: readonly ProviderEvent[],
): readonly ProviderEvent[] {
  const hasOthers = isJsonObject(piece) && Object.keys(piece).some((name) => !known.has(name));
  if (!hasOthers || events.some(({ type }) => type === 'unparsed')) return events;
  return [...events, unparsed(piece)];
}
