import { AsmError } from './error.ts';
import { nearestName } from './nearest-name.ts';

/** Throws `unknown_option` for a name that nothing reads; `what` says who would have to read it. */
export function assertOptionNames(what: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const advice = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
    throw new AsmError('unknown_option', `${what} has no option "${name}".${advice}`, {
      details: { option: name },
    });
  }
}
