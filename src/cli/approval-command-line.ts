import { Option, type Command } from 'commander';
import { addCommand as add, jsonOption as json, storeOption as store } from './command-parts.ts';
import { another, moreNames, wholeNumber } from './option-value.ts';

/** The commands for tool calls that wait for a person. */
export function addApprovalCommands(program: Command): void {
  addApprovals(program);
  addApprove(program);
  addDeny(program);
  addResume(program);
}

function addApprovals(program: Command): void {
  add(program, 'approvals', 'list tool calls that wait for a decision, newest first')
    .option('-s, --session <id>', 'only those of this session')
    .option(
      '--status <status>',
      'these instead: pending, granted, denied, expired, withdrawn or all; with commas, or repeated',
      moreNames,
    )
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, 1_000), 20)
    .addOption(store())
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ asm approvals
  $ asm approvals --session ses_… --status all
  $ asm approvals --json | jq '{id, call}'`,
    )
    .action(async (options: object) => {
      const { approvalsCommand } = await import('./approvals-command.ts');
      await approvalsCommand(options);
    });
}

function addApprove(program: Command): void {
  add(
    program,
    'approve',
    'let a tool call through, or answer the question of an agent; the first decision counts',
  )
    .argument('<id>', 'an approval, as `asm approvals` lists them')
    .option('--input <json>', 'with this input in the place of its own')
    .option('--session', 'and the same call again, in this session')
    .option('--pattern <rule>', 'and all calls in this session that the rule allows, until a time')
    .option('--until <time>', 'with --pattern: 30m, 2h, 7d, or a moment such as 2027-01-31T18:00')
    .option('--answer <question=answer>', 'the answer to a question of the agent; may be repeated', another)
    .option('--by <name>', 'who decides (default: your name on this machine)')
    .option('--reason <text>', 'why, for the log')
    .addOption(store())
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ asm approve apr_…
  $ asm approve apr_… --input '{"command":"npm test"}'
  $ asm approve apr_… --pattern "bash(git status)" --until 2h
  $ asm approve apr_… --answer "Which database?=SQLite"

Exit codes: 2 when it was decided before, its time is over, or the decision doesn't fit; 3 when there is none.`,
    )
    .action(async (id: string, options: object) => {
      const { approveCommand } = await import('./decide-command.ts');
      await approveCommand(id, options);
    });
}

function addDeny(program: Command): void {
  add(program, 'deny', 'refuse a tool call; the first decision counts')
    .argument('<id>', 'an approval, as `asm approvals` lists them')
    .option('--message <text>', 'what to tell the agent')
    .option('--stop', 'and end the run')
    .option('--by <name>', 'who decides (default: your name on this machine)')
    .option('--reason <text>', 'why, for the log')
    .addOption(store())
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ asm deny apr_… --message "Use git mv instead"
  $ asm deny apr_… --stop`,
    )
    .action(async (id: string, options: object) => {
      const { denyCommand } = await import('./decide-command.ts');
      await denyCommand(id, options);
    });
}

function addResume(program: Command): void {
  add(program, 'resume', 'go on with a run whose process is gone, once its approval is decided, and watch it')
    .argument('<id>', 'a run')
    .option('--allow <rule>', 'the rules that the run was started with; may be repeated', another)
    .option('--deny <rule>', 'the same for those that deny', another)
    .option('--budget <budget>', 'a budget, as for `asm run`; may be repeated', another)
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
  $ asm resume run_…
  $ asm approve apr_… && asm resume run_…`,
    )
    .action(async (id: string, options: object) => {
      const { resumeCommand } = await import('./resume-command.ts');
      await resumeCommand(id, options);
    });
}
