import { oneOf } from '../domain/choice.ts';
import { eventTypes } from '../domain/event.ts';

/**
 * Throws `invalid_input` for a type that there isn't, which no event would ever match. Stores let such types pass, since
 * a newer version of the library may have written them.
 */
export function checkTypes({ types = [] }: { readonly types?: readonly string[] }): void {
  for (const type of types) oneOf('What `types` names', type, eventTypes);
}
