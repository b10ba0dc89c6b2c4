import { AsmError } from './error.ts';
import { didYouMean } from './nearest-name.ts';

/**
 * Throws `unknown_option` for a name that nothing reads, and `invalid_input` for what has no names, such as `retry: 3`;
 * `what` says who would have to read it.
 */
export function assertOptionNames(what: string, options: object, names: readonly string[]): void {
  assertOptionObject(what, options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const advice = didYouMean(name, names) || ` Known: ${names.join(', ')}.`;
    throw new AsmError('unknown_option', `${what} has no option "${name}".${advice}`, {
      details: { option: name },
    });
  }
}

/** Throws `invalid_input` for what is no object with names; `what` says who takes it. */
export function assertOptionObject(what: string, options: unknown): asserts options is object {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  const given = typeof options === 'string' ? JSON.stringify(options.slice(0, 100)) : describe(options);
  throw new AsmError('invalid_input', `${what} takes its options as an object, not ${given}.`);
}

function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
