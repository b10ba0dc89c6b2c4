import { readFile } from 'node:fs/promises';
import { Command, CommanderError, Option } from 'commander';
import { exitCodes } from './exit-code.ts';

/** What all commands take. */
export interface SharedOptions {
  readonly store?: string;
  readonly json?: boolean;
}

const store = (): Option => new Option('--store <file>', 'the file that holds the sessions').env('ASM_STORE');
const json = (): Option => new Option('--json', 'write JSON, one object a line, for programs');

/** Builds the command line. Actions load what they need when they run, so that help is quick. */
export function buildProgram(version: string): Command {
  const program = new Command('asm')
    .description('Runs coding agents on a durable log: every message, tool call and cost is kept.')
    .version(version)
    .showHelpAfterError('(asm --help shows what there is)')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ asm doctor                                   which agents are ready on this machine
  $ asm run "Make the failing test pass"         let Claude Code work in this folder
  $ asm run --provider shell "npm test"          run a command with the same log around it
  $ asm run --session ses_… "And now the docs"   go on where a session stopped
  $ asm sessions                                 what was done
  $ asm events ses_… --follow                    watch it, from another terminal too

Exit codes: 0 done, 1 the run failed, 2 wrong use, 3 not found, 4 the store failed,
5 the agent is missing or not signed in, 69 no Node 24, 70 a fault of asm, 124 timed out, 130 cancelled.`,
    );
  program
    .command('run')
    .description('give an agent a task and watch it; Ctrl-C interrupts, a second Ctrl-C cancels')
    .argument('[prompt...]', 'what to do; "-" or nothing reads it from standard input')
    .option('-p, --provider <name>', "the agent: claude or shell (default: the session's, else claude)")
    .option('-s, --session <id>', 'go on in this session')
    .option('-C, --cwd <folder>', 'where the agent works (default: here)')
    .option('-m, --model <name>', 'the model')
    .option(
      '--permission-mode <mode>',
      'default, accept_edits, plan, full_auto or dangerously_skip_permissions',
    )
    .option('--max-turns <count>', 'the most answers that the model may give', Number)
    .option('--allow <rule...>', 'tool calls that need no question, such as "bash(npm test)" or "edit"')
    .option('--deny <rule...>', 'tool calls that are refused, such as "bash(git push)"')
    .option('--system-prompt <text>', "added to the agent's instructions")
    .option('--timeout <seconds>', 'the longest that the run may take', Number)
    .option('--shell', 'with --provider shell: the prompt is a script for /bin/sh')
    .option('--trust-project', "load the project's own agent settings, hooks and servers")
    .addOption(
      new Option('-r, --render <how>', 'how to show it')
        .choices(['studio', 'compact', 'verbose', 'none'])
        .default('studio'),
    )
    .addOption(store())
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ asm run "Explain src/index.ts" --permission-mode plan
  $ asm run "Make the failing test pass" --permission-mode accept_edits --allow "bash(npm test)"
  $ git diff | asm run - --render compact

A tool call that no rule and no mode decides is asked about on a terminal, and refused elsewhere.`,
    )
    .action(async (words: string[], options: object) => {
      const { runCommand } = await import('./run-command.ts');
      await runCommand(words, options);
    });
  program
    .command('sessions')
    .description('list sessions, newest first')
    .option('--status <status...>', 'only these: pending, active, paused, completed, failed, cancelled')
    .option('-n, --limit <count>', 'at most so many', Number, 20)
    .addOption(store())
    .addOption(json())
    .action(async (options: object) => {
      const { sessionsCommand } = await import('./sessions-command.ts');
      await sessionsCommand(options);
    });
  program
    .command('show')
    .description('show a session with its runs, tokens and cost, or one run')
    .argument('<id>', 'a session or a run')
    .addOption(store())
    .addOption(json())
    .action(async (id: string, options: object) => {
      const { showCommand } = await import('./show-command.ts');
      await showCommand(id, options);
    });
  program
    .command('events')
    .description('print the log of a session or run')
    .argument('<id>', 'a session or a run')
    .option('-f, --follow', 'go on as the log grows')
    .option('-a, --after <seq>', 'only what comes after this number', Number, 0)
    .option('-t, --type <type...>', 'only these types of event')
    .option('-n, --limit <count>', 'at most so many', Number)
    .addOption(
      new Option('-r, --render <how>', 'how to show it')
        .choices(['verbose', 'compact', 'studio'])
        .default('verbose'),
    )
    .addOption(store())
    .addOption(json())
    .action(async (id: string, options: object) => {
      const { eventsCommand } = await import('./events-command.ts');
      await eventsCommand(id, options);
    });
  program
    .command('cancel')
    .description('end a run, whoever executes it, or a session with all its runs')
    .argument('<id>', 'a run or a session')
    .option('--reason <text>', 'why, for the log')
    .addOption(store())
    .addOption(json())
    .action(async (id: string, options: object) => {
      const { cancelCommand } = await import('./cancel-command.ts');
      await cancelCommand(id, options);
    });
  program
    .command('doctor')
    .description('say which agents are installed, their versions, whether they are signed in, and what to do')
    .addOption(store())
    .addOption(json())
    .action(async (options: object) => {
      const { doctorCommand } = await import('./doctor-command.ts');
      await doctorCommand(options);
    });
  return program;
}

/** Runs the command line and sets the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = buildProgram(await ownVersion());
  try {
    if (argv.length <= 2) program.help();
    await program.parseAsync(argv);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? exitCodes.success : exitCodes.usage;
      return;
    }
    const [{ reportError }, { exitCodeOfError }] = await Promise.all([
      import('./error-report.ts'),
      import('./exit-code.ts'),
    ]);
    process.exitCode = exitCodeOfError(reportError(thrown, argv.includes('--json')));
  }
}

async function ownVersion(): Promise<string> {
  const facts: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof facts === 'object' && facts !== null && 'version' in facts
    ? String(facts.version)
    : 'unknown';
}

await main(process.argv);
