import { readFile } from 'node:fs/promises';
import { CommanderError, type Command } from 'commander';
import { KeptAlive } from '../process/kept-alive.ts';
import { buildCommandLine } from './command-line.ts';
import { exitCodes, exitCodeOfError } from './exit-code.ts';
import { behindCommand } from './leading-options.ts';
import { guardOutput } from './output-guard.ts';

/** Runs the command line and sets the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const words = behindCommand(argv.slice(2));
  // An agent's work is not thrown away because nobody reads along any more.
  guardOutput({ goesOn: words[0] === 'run' });
  await new KeptAlive().during(runCommandLine(words));
}

async function runCommandLine(words: readonly string[]): Promise<void> {
  const json = words.includes('--json');
  const program = buildCommandLine(await ownVersion());
  const complaints: string[] = [];
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of [program, ...commands]) {
    command.configureOutput({ writeErr: (text) => void complaints.push(text) });
  }
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(understood(program, words), { from: 'user' });
  } catch (thrown) {
    // Help, which was asked for and given.
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return;
    const { reportError, reportUsage } = await import('./error-report.ts');
    if (thrown instanceof CommanderError) {
      reportUsage(thrown.message, complaints.join(''), json);
      process.exitCode = exitCodes.usage;
    } else {
      process.exitCode = exitCodeOfError(reportError(thrown, json));
    }
  }
}

/** Of a command that doesn't exist only its name, so that help is not given for another one instead. */
function understood(program: Command, words: readonly string[]): readonly string[] {
  const name = words[0] === 'help' ? words[1] : words[0];
  const isKnown =
    name === undefined || name.startsWith('-') || program.commands.some((known) => known.name() === name);
  return isKnown || name === 'help' ? words : [name];
}

async function ownVersion(): Promise<string> {
  const facts: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof facts === 'object' && facts !== null && 'version' in facts
    ? String(facts.version)
    : 'unknown';
}

await main(process.argv);
