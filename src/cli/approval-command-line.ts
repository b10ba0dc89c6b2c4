import type { Command } from 'commander';
import {
  addCommand as add,
  addPersonOptions,
  endCommand,
  limitOption,
  renderOption,
} from './command-parts.ts';
import { another, moreNames } from './option-value.ts';
import { renderings } from './rendering-name.ts';

/** The commands for tool calls that wait for a person. */
export function addApprovalCommands(program: Command): void {
  addApprovals(program);
  addApprove(program);
  addDeny(program);
  addRevoke(program);
  addResume(program);
}

function addApprovals(program: Command): void {
  endCommand(
    add(program, 'approvals', 'list tool calls that wait for a decision, newest first')
      .option('-s, --session <id>', 'only those of this session')
      .option(
        '--status <status>',
        'these instead: pending, granted, denied, expired, withdrawn or all; with commas, or repeated',
        moreNames,
      )
      .option('-f, --follow', 'what waits, and then what is asked and decided as it happens, until Ctrl-C')
      .option('--grants', 'what lets later calls through instead, for the session or until a time')
      .addOption(limitOption()),
    {
      examples: [
        'asm approvals',
        'asm approvals --session ses_… --status all',
        'asm approvals --grants',
        'asm approvals --follow',
        "asm approvals --json | jq '{id, call}'",
      ],
    },
  ).action(async (options: object) => {
    const { approvalsCommand } = await import('./approvals-command.ts');
    await approvalsCommand(options);
  });
}

function addApprove(program: Command): void {
  endCommand(
    addPersonOptions(
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
        .option(
          '--answer <question=answer>',
          'the answer to a question of the agent; may be repeated',
          another,
        ),
      'decides',
    ),
    {
      examples: [
        'asm approve apr_…',
        `asm approve apr_… --input '{"command":"npm test"}'`,
        'asm approve apr_… --pattern "bash(git status)" --until 2h',
        'asm approve apr_… --answer "Which database?=SQLite"',
      ],
      notes:
        "Exit codes: 2 when it was decided before, its time is over, or the decision doesn't fit; 3 when there is none.",
    },
  ).action(async (id: string, options: object) => {
    const { approveCommand } = await import('./decide-command.ts');
    await approveCommand(id, options);
  });
}

function addDeny(program: Command): void {
  endCommand(
    addPersonOptions(
      add(program, 'deny', 'refuse a tool call; the first decision counts')
        .argument('<id>', 'an approval, as `asm approvals` lists them')
        .option('--message <text>', 'what to tell the agent')
        .option('--stop', 'and end the run'),
      'decides',
    ),
    { examples: ['asm deny apr_… --message "Use git mv instead"', 'asm deny apr_… --stop'] },
  ).action(async (id: string, options: object) => {
    const { denyCommand } = await import('./decide-command.ts');
    await denyCommand(id, options);
  });
}

function addRevoke(program: Command): void {
  endCommand(
    addPersonOptions(
      add(
        program,
        'revoke',
        'take back what was allowed for a session or by a pattern; later calls are asked about',
      ).argument('<id>', 'an approval, as `asm approvals --grants` lists them'),
      'revokes it',
    ),
    {
      examples: ['asm revoke apr_…', 'asm revoke apr_… --reason "The release is out"'],
      notes: 'Exit codes: 2 when it was revoked before or lets no later call through; 3 when there is none.',
    },
  ).action(async (id: string, options: object) => {
    const { revokeCommand } = await import('./revoke-command.ts');
    await revokeCommand(id, options);
  });
}

function addResume(program: Command): void {
  endCommand(
    add(
      program,
      'resume',
      'go on with a run whose process is gone, once its approval is decided, and watch it',
    )
      .argument('<id>', 'a run')
      .option('--allow <rule>', 'the rules that the run was started with; may be repeated', another)
      .option('--deny <rule>', 'the same for those that deny', another)
      .option('--env <name>', 'a variable that its agent gets, as for `asm run`; may be repeated', another)
      .option('--budget <budget>', 'one more budget, as for `asm run`; may be repeated', another)
      .addOption(renderOption(renderings)),
    {
      examples: ['asm resume run_…', 'asm approve apr_… && asm resume run_… --budget run=0.20'],
      notes: 'What was given to `asm run` with --budget and --policy still holds.',
    },
  ).action(async (id: string, options: object) => {
    const { resumeCommand } = await import('./resume-command.ts');
    await resumeCommand(id, options);
  });
}
