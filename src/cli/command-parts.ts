import { Option, type Command } from 'commander';

/** `--store` */
export function storeOption(): Option {
  return new Option('--store <file>', 'the file that holds the sessions').env('ASM_STORE');
}

/** `--json` */
export function jsonOption(): Option {
  return new Option('--json', 'write JSON, one object a line, for programs');
}

/** Adds a command that says where its help is when it is used wrongly. */
export function addCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .showHelpAfterError(`(asm ${name} --help shows what there is)`);
}
