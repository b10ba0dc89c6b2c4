import { Option, type Command } from 'commander';
import { wholeNumber } from './option-value.ts';
import type { RenderingName } from './rendering-name.ts';

/** Adds a command that says where its help is when it is used wrongly. */
export function addCommand(parent: Command, name: string, description: string): Command {
  const words = parent.parent === null ? ['asm', name] : ['asm', parent.name(), name];
  return parent
    .command(name)
    .description(description)
    .showHelpAfterError(`(${words.join(' ')} --help shows what there is)`);
}

/** What stands at the end of a command's help. */
export interface HelpEnd {
  /** Command lines, which begin with `asm` or what pipes into it. */
  readonly examples: readonly string[];
  /** What else is to be said, in lines. */
  readonly notes?: string;
}

/** Adds what every command has, after its own options: `--store`, `--json`, and examples in its help. */
export function endCommand(command: Command, { examples, notes }: HelpEnd): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command
    .addOption(new Option('--store <file>', 'the file that holds the sessions').env('ASM_STORE'))
    .addOption(new Option('--json', 'write JSON, one object a line, for programs'))
    .addHelpText(
      'after',
      ['', 'Examples:', ...lines, ...(notes === undefined ? [] : ['', notes])].join('\n'),
    );
}

/** `--render`: one of these, the first by default. */
export function renderOption(names: readonly [RenderingName, ...RenderingName[]]): Option {
  return new Option('-r, --render <how>', 'how to show it').choices(names).default(names[0]);
}

/** `--limit` of a listing. */
export function limitOption(): Option {
  return new Option('-n, --limit <count>', 'at most so many').argParser(wholeNumber(1, 1_000)).default(20);
}

/** `--by` and `--reason`, for what a person says. `does` is what they do. */
export function addPersonOptions(command: Command, does: string): Command {
  return command
    .option('--by <name>', `who ${does} (default: your name on this machine)`)
    .option('--reason <text>', 'why, for the log');
}
