import { oneOf } from '../domain/choice.ts';
import { AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonValue } from '../domain/json.ts';
import { loopActions, type LoopAction } from '../domain/loop-report.ts';
import { assertOptionNames } from '../domain/option-names.ts';

/** What counts as an agent that repeats itself, and what follows. A threshold of 0: not looked for. */
export interface LoopOptions {
  /** Default `warn`. */
  readonly action?: LoopAction;
  /** How often the same call with the same result comes, with nothing else in between. Default 5. */
  readonly sameCall?: number;
  /** How often calls of one tool fail with the same text, with nothing else in between. Default 5. */
  readonly sameError?: number;
  /** How often two to four such calls follow each other in the same order. Default 4. */
  readonly cycle?: number;
}

/** The options with their defaults. */
export type LoopSettings = Required<LoopOptions>;

const thresholds = ['sameCall', 'sameError', 'cycle'] as const;
const mostTimes = 10_000;

const defaults: LoopSettings = { action: 'warn', sameCall: 5, sameError: 5, cycle: 4 };

/** Throws `unknown_option` or `invalid_input` for what types alone can't keep out. */
export function checkLoopOptions(options: LoopOptions): void {
  const given: unknown = options;
  if (!isJsonObject(given)) throw invalid('`loops` is an object of options, or false.');
  assertOptionNames('`loops`', options, ['action', ...thresholds] satisfies (keyof LoopOptions)[]);
  const { action } = options;
  if (action !== undefined) oneOf('`action` of `loops`', action, loopActions);
  for (const name of thresholds) {
    const value = options[name];
    if (value === undefined || value === 0) continue;
    if (Number.isInteger(value) && value >= 2 && value <= mostTimes) continue;
    throw invalid(
      `\`${name}\` of \`loops\` is a whole number from 2 to ${mostTimes}, or 0, not ${String(value)}.`,
    );
  }
}

/** Of several options the last that is given counts, each for itself. */
export function loopSettings(...given: readonly (LoopOptions | undefined)[]): LoopSettings {
  return given.reduce<LoopSettings>(
    (settings, { action, sameCall, sameError, cycle } = {}) => ({
      action: action ?? settings.action,
      sameCall: sameCall ?? settings.sameCall,
      sameError: sameError ?? settings.sameError,
      cycle: cycle ?? settings.cycle,
    }),
    defaults,
  );
}

/** The options as they were stored, as far as there are any. */
export function storedLoopOptions(stored: JsonValue): LoopOptions | false {
  if (!isJsonObject(stored)) return false;
  const action = loopActions.find((known) => known === stored['action']);
  const numbers = thresholds.flatMap((name) => {
    const value = stored[name];
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(numbers), ...(action === undefined ? {} : { action }) };
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
