import { AsmError } from '../domain/error.ts';
import type { AgentEnvironment } from '../ports/provider.ts';
import type { RedactionRule } from '../redaction/redaction-rule.ts';
import { createRedactor } from '../redaction/redactor.ts';

/** Characters that a value may have to be found wherever it stands, as inside the brackets of a regular expression. */
const valueCharacters = 'A-Za-z0-9_+/=.~:@%-';
const findableValue = /^[A-Za-z0-9_+/=.~:@%-]{8,}$/;

/** Characters of a value by which it is found, and of those that have to follow: what a rule may have. */
const longestPrefix = 64;
const mostFollowing = 256;

/** What `--env` passes on to the agent. */
export interface PassedVariables {
  readonly environment: AgentEnvironment;
  /** Take the values out of what is stored, where the name says that one is a secret. */
  readonly redaction: readonly RedactionRule[];
}

/**
 * The variables that the person names, as this process has them. Throws `invalid_input` for what is no name, without
 * repeating it: it may hold a value; for variables that aren't set, and for those that the library sets.
 */
export function readPassedVariables(names: readonly string[] = []): PassedVariables | undefined {
  if (names.length === 0) return undefined;
  return { environment: { inherit: names }, redaction: names.flatMap((name) => redactionOf(name)) };
}

function redactionOf(name: string): readonly RedactionRule[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new AsmError(
      'invalid_input',
      '--env takes the name of a variable, such as ACME_API_KEY, and nothing else: its value is taken from the environment of asm, since a command line can be read by everybody.',
    );
  }
  if (name.startsWith('ASM_RUN_'))
    throw new AsmError('invalid_input', `--env ${name}: variables of this kind are set by asm itself.`);
  const value = process.env[name];
  if (value === undefined)
    throw new AsmError('invalid_input', `--env ${name}: this variable is not set. Export it first.`);
  const isSecret = createRedactor().json({ [name]: value }).count > 0;
  return isSecret && findableValue.test(value) ? [ruleFor(value)] : [];
}

function ruleFor(value: string): RedactionRule {
  const prefix = value.slice(0, Math.min(longestPrefix, value.length - 1));
  return {
    form: 'token',
    category: 'variable',
    prefixes: [prefix],
    starts: 'anywhere',
    characters: valueCharacters,
    minimum: Math.min(mostFollowing, value.length - prefix.length),
  };
}
