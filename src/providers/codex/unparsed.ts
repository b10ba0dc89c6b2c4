import type { JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';

/** Keeps a message, or a piece of one, that has not the form that is known. */
export function unparsed(raw: JsonValue): ProviderEvent {
  return { type: 'unparsed', data: { raw } };
}
