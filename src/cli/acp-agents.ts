import { AsmError } from '../domain/error.ts';
import { splitPlainCommand } from '../domain/shell-word.ts';

/** An agent that speaks ACP and has no preset. */
export interface NamedAgent {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
}

/**
 * The agents of the variable `ASM_ACP_AGENTS`: `<name>=<command line>`, each on a line of its own or behind a semicolon.
 * Throws `invalid_input` for one that is none, and for a name that is among `taken` or given twice.
 */
export function namedAgents(taken: readonly string[]): readonly NamedAgent[] {
  const texts = (process.env['ASM_ACP_AGENTS'] ?? '').split(/[\n;]/).map((text) => text.trim());
  const names = new Set(taken);
  return texts
    .filter((text) => text !== '')
    .map((text) => {
      const [, name = '', line = ''] = /^([A-Za-z][\w.-]{0,63})=(.*)$/.exec(text) ?? [];
      const [command, ...rest] = splitPlainCommand(line) ?? [];
      if (command === undefined)
        throw invalid(
          text,
          'It is <name>=<command line>, without shell syntax, as in mine=./bin/mine --acp.',
        );
      if (names.has(name)) throw invalid(text, `There is a provider "${name}" already.`);
      names.add(name);
      return { name, command, arguments: rest };
    });
}

function invalid(text: string, why: string): AsmError {
  const shown = JSON.stringify(text.slice(0, 200));
  return new AsmError('invalid_input', `In the variable ASM_ACP_AGENTS: ${shown} names no agent. ${why}`);
}
