import type { z } from 'zod';
import { AsmError } from '../domain/error.ts';
import { decidedBy } from '../domain/error-setting.ts';
import type { JsonObject } from '../domain/json.ts';
import { nearestName } from '../domain/nearest-name.ts';

/**
 * Checks options that a person gave a provider; `what` names one of them, as `option of codex()`. Throws
 * `unknown_option` for a name that nothing reads, with the name that may have been meant, else `invalid_input`, both with
 * these `facts` in their details.
 */
export function checkOptionsOf<Schema extends z.ZodObject>(
  schema: Schema,
  given: unknown,
  what: string,
  facts?: JsonObject,
): z.infer<Schema> {
  const names = Object.keys(schema.shape);
  for (const name of typeof given === 'object' && given !== null ? Object.keys(given) : []) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const advice =
      nearest === undefined ? `Known: ${names.join(', ')}.` : `Did you mean ${JSON.stringify(nearest)}?`;
    throw new AsmError('unknown_option', `There is no ${what} ${JSON.stringify(name)}. ${advice}`, {
      details: { option: name, ...(nearest === undefined ? {} : { nearest }), ...facts },
    });
  }
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where =
    issue === undefined || issue.path.length === 0
      ? ''
      : ` ${JSON.stringify(issue.path.map(String).join('.'))}`;
  throw new AsmError('invalid_input', `The ${what}${where} is not valid: ${issue?.message ?? 'malformed'}.`, {
    ...(facts === undefined ? {} : { details: facts }),
  });
}

/** Checks the native options of a run in the same way; `provider` says whose they are. */
export function checkNativeOf<Schema extends z.ZodObject>(
  schema: Schema,
  native: unknown,
  provider: string,
): z.infer<Schema> {
  return checkOptionsOf(schema, native, `native option of ${provider}`, decidedBy('native'));
}
