import { AsmError } from './error.ts';
import { didYouMean } from './nearest-name.ts';

/** Of more choices than this only those that may have been meant are named, if there are any. */
const mostListed = 12;

/**
 * What was given, if it is one of the choices. Throws `invalid_input`, with the choices and what may have been meant;
 * `what` says in the message what was to be chosen, such as `permissionMode`.
 */
export function oneOf<Choice extends string>(
  what: string,
  given: unknown,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((known) => known === given);
  if (choice !== undefined) return choice;
  const advice = typeof given === 'string' ? didYouMean(given, choices) || whatHolds(given, choices) : '';
  const all = choices.length <= mostListed || advice === '' ? choices.join(', ') : `${choices.length} names`;
  const written = typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : `a ${typeof given}`;
  throw new AsmError('invalid_input', `${what} is one of ${all}, not ${written}.${advice}`);
}

/** A sentence that asks whether one of the choices that hold the text was meant, as for a beginning; empty if none does. */
function whatHolds(text: string, choices: readonly string[]): string {
  const holding = text.length < 3 ? [] : choices.filter((choice) => choice.includes(text));
  const names = holding.slice(0, mostListed).map((choice) => JSON.stringify(choice));
  return names.length === 0 ? '' : ` Did you mean ${names.join(', ')}?`;
}
