import type { Command } from 'commander';
import { nearestName } from '../domain/nearest-name.ts';
import { addCommand as add, endCommand } from './command-parts.ts';
import { another } from './option-value.ts';

/** The commands for queues and for what is spent. */
export function addControlCommands(program: Command): void {
  addQueue(program);
  addBudgets(program);
}

function addQueue(program: Command): void {
  const queue = add(program, 'queue', 'show what runs and what waits in the queues of session servers');
  endCommand(queue.option('-s, --session <id>', 'only this session'), {
    examples: [
      'asm queue',
      'asm queue --session ses_…',
      'asm queue promote run_…',
      "asm queue --json | jq -r 'select(.place == 1).runId'",
    ],
  }).action(async (options: object, command: Command) => {
    refuseUnknownSubcommand(command);
    const { queueCommand } = await import('./queue-command.ts');
    await queueCommand(options);
  });
  endCommand(
    add(queue, 'promote', 'let a queued run be the next that starts, whoever serves its session').argument(
      '<run>',
      'a queued run',
    ),
    { examples: ['asm queue promote run_…'] },
  ).action(async (id: string, _options: object, command: Command) => {
    const { promoteCommand } = await import('./queue-command.ts');
    // `asm queue` has read those of its own options that are also these.
    await promoteCommand(id, command.optsWithGlobals());
  });
  endCommand(
    add(queue, 'withdraw', 'take a run out of its queue, so that nobody starts it').argument(
      '<run>',
      'a queued run',
    ),
    { examples: ['asm queue withdraw run_…'] },
  ).action(async (id: string, _options: object, command: Command) => {
    const { withdrawCommand } = await import('./queue-command.ts');
    await withdrawCommand(id, command.optsWithGlobals());
  });
  // Else a mistyped subcommand would be one argument too many. Said last, since subcommands inherit it.
  queue.allowExcessArguments();
}

/** For a command that does something by itself and has subcommands, too. */
function refuseUnknownSubcommand(command: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const names = command.commands.map((subcommand) => subcommand.name());
  const nearest = nearestName(word, names);
  const advice = nearest === undefined ? `(There are ${names.join(', ')})` : `(Did you mean ${nearest}?)`;
  command.error(`error: unknown command '${word}'\n${advice}`, { code: 'commander.unknownCommand' });
}

function addBudgets(program: Command): void {
  endCommand(
    add(program, 'budgets', 'show what was spent, by whom, and what budgets leave')
      .option('--budget <budget>', 'one more budget, as for `asm run`; may be repeated', another)
      .option('--in <window>', 'what was spent in an hour, day, week, 30m, 2h, 7d, or all', 'day'),
    {
      examples: [
        'asm budgets',
        'ASM_BUDGETS="everything=50/day tag:nightly=5/day" asm budgets',
        `asm budgets --in week --json | jq 'select(.per == "session")'`,
      ],
    },
  ).action(async (options: object) => {
    const { budgetsCommand } = await import('./budgets-command.ts');
    await budgetsCommand(options);
  });
}
