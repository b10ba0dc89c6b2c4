import { Command } from 'commander';
import { addApprovalCommands } from './approval-command-line.ts';
import { addControlCommands } from './control-command-line.ts';
import { addCommand as add, endCommand, limitOption, renderOption } from './command-parts.ts';
import { another, moreNames, seconds, wholeNumber } from './option-value.ts';
import { renderings } from './rendering-name.ts';

/** Builds the command line. Actions load what they need when they run, so that help is quick. */
export function buildCommandLine(version: string): Command {
  const program = new Command('asm')
    .description('Runs coding agents on a durable log: every message, tool call and cost is kept.')
    .version(version)
    .showHelpAfterError('(asm --help shows what there is)')
    .showSuggestionAfterError()
    // Where a terminal is narrow, the texts are too, instead of being cut anywhere by the terminal.
    .configureHelp({ minWidthToWrap: 20 })
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
  $ asm approvals                                what waits for a decision
  $ asm budgets                                  what was spent, and what is left

Exit codes: 0 done, 1 the run failed, 2 wrong use, 3 not found, 4 the store failed,
5 the agent is missing or not signed in, 69 no Node 24, 70 a fault of asm,
74 the output can't be written, 75 left waiting for a decision, 124 timed out, 130 cancelled.`,
    );
  addRun(program);
  addSessions(program);
  addShow(program);
  addEvents(program);
  addComplete(program);
  addCancel(program);
  addApprovalCommands(program);
  addControlCommands(program);
  addDoctor(program);
  return program;
}

function addRun(program: Command): void {
  endCommand(
    add(program, 'run', 'give an agent a task and watch it; Ctrl-C interrupts, a second Ctrl-C cancels')
      .argument('[prompt...]', 'what to do; "-" or nothing reads it from standard input')
      .option(
        '-p, --provider <name>',
        "the agent: claude, codex, amp, shell, or one that speaks ACP, such as goose; `asm doctor` lists all (default: the session's, else claude)",
      )
      .option(
        '--retry <tries>',
        'tries after failures that can pass, the first included (default: 1)',
        wholeNumber(1, 100),
      )
      .option(
        '--continuation <how>',
        'how to take up what went before: auto (default), native, replay or fresh',
      )
      .option(
        '--requires <capability>',
        'refuse an agent that lacks it, such as interrupt or cost_reported; with commas, or repeated',
        moreNames,
      )
      .option('--prefers <capability>', 'the same, but go on with a warning', moreNames)
      .option('--accept-observed', 'go on with an agent that does not ask about all its tools')
      .option('-s, --session <id>', 'go on in this session')
      .option('--fork', 'with --session: go on in a new session, which branches off from it')
      .option('-C, --cwd <folder>', "where the agent works (default: the session's folder, else here)")
      .option('-m, --model <name>', 'the model')
      .option(
        '--permission-mode <mode>',
        'which tool calls need no question: default, accept_edits, plan, full_auto or dangerously_skip_permissions',
      )
      .option('--max-turns <count>', 'the most answers that the model may give', wholeNumber(1))
      .option(
        '--allow <rule>',
        'tool calls that need no question, such as "bash(npm test)" or "edit"; may be repeated',
        another,
      )
      .option(
        '--deny <rule>',
        'tool calls that are refused, such as "bash(git push)"; may be repeated',
        another,
      )
      .option(
        '--approvals',
        'tool calls that need a permission wait until somebody decides, here or elsewhere',
      )
      .option(
        '--policy <file>',
        'a policy as JSON: limits and rules that the run is held to; may be repeated, the strictest wins',
        another,
      )
      .option(
        '--budget <budget>',
        'what may be spent: run=0.50, tag:nightly=5/day, provider:claude=20/week, everything=200000tokens/2h; may be repeated',
        another,
      )
      .option('--tag <tag>', 'a tag of the new session; may be repeated', another)
      .option(
        '--env <name>',
        'a variable of this environment that the agent gets, besides those that it has anyway; only its name; may be repeated',
        another,
      )
      .option(
        '--native <option>',
        'an option that only this agent has, as <name>=<value>, such as mode=rush for amp; may be repeated',
        another,
      )
      .option('--system-prompt <text>', "added to the agent's instructions")
      .option('--timeout <seconds>', 'the longest that the run may take', seconds)
      .option('--stall-after <seconds>', 'end the run when its agent makes no progress for so long', seconds)
      .option('--stop-loops', 'end the run when its agent repeats itself, instead of a warning')
      .option('--shell', 'with --provider shell: the prompt is a script for /bin/sh')
      .option('--trust-project', "load the project's own agent settings, hooks and servers")
      .addOption(renderOption(renderings)),
    {
      examples: [
        'asm run "Explain src/index.ts" --permission-mode plan',
        'asm run --permission-mode accept_edits --allow "bash(npm test)" "Make the failing test pass"',
        'git diff | asm run - --render compact',
        'asm run --provider shell --shell "npm test 2>&1 | tail -5"',
        'asm run --session ses_… --provider codex --retry 3 "Go on where Claude Code stopped"',
        'asm run --budget run=0.50 --tag nightly --budget "tag:nightly=5/day" "Fix all lint errors"',
        'asm run --provider codex --env ACME_API_KEY "Explain src/index.ts"',
        'asm run --provider codex --native sandbox=false --native reasoningEffort=high "Fix the build"',
        'asm run --provider amp --requires interrupt --prefers cost_reported "Explain src/index.ts"',
        'asm run --permission-mode full_auto --stall-after 300 --stop-loops "Fix all lint errors"',
      ],
      notes: `A tool call that no rule and no mode decides is asked about on a terminal, and refused elsewhere. With
--approvals it waits, at most 24 hours, for \`asm approve\` or \`asm deny\` in any terminal.`,
    },
  ).action(async (words: string[], options: object) => {
    const { runCommand } = await import('./run-command.ts');
    await runCommand(words, options);
  });
}

function addSessions(program: Command): void {
  endCommand(
    add(program, 'sessions', 'list sessions, newest first')
      .option(
        '--status <status>',
        'only these: pending, active, paused, completed, failed, cancelled; with commas, or repeated',
        moreNames,
      )
      .addOption(limitOption()),
    { examples: ['asm sessions --status active,paused', 'asm sessions --json | jq -r .id'] },
  ).action(async (options: object) => {
    const { sessionsCommand } = await import('./sessions-command.ts');
    await sessionsCommand(options);
  });
}

function addShow(program: Command): void {
  endCommand(
    add(
      program,
      'show',
      'show a session with its runs, tokens and cost, or one run with its output',
    ).argument('<id>', 'a session or a run'),
    { examples: ['asm show ses_…', 'asm show run_… --json | jq -r .output'] },
  ).action(async (id: string, options: object) => {
    const { showCommand } = await import('./show-command.ts');
    await showCommand(id, options);
  });
}

function addEvents(program: Command): void {
  endCommand(
    add(program, 'events', 'print the log of a session or run')
      .argument('<id>', 'a session or a run')
      .option('-f, --follow', 'go on as the log grows, until the run or session has ended, or Ctrl-C')
      .option('-a, --after <seq>', 'only what comes after this number', wholeNumber(0), 0)
      .option('-t, --type <type>', 'only these types of event; with commas, or repeated', moreNames)
      .option('-n, --limit <count>', 'at most so many', wholeNumber(1))
      .addOption(renderOption(['verbose', 'compact', 'studio']))
      .option('--times', 'begin each line with the number and the time of its event'),
    {
      examples: [
        'asm events run_… --type tool_call_started,tool_call_decided',
        'asm events run_… --times',
        'asm events ses_… --follow --render studio',
        'asm events ses_… --after 120 --json | jq -r .type',
      ],
    },
  ).action(async (id: string, options: object) => {
    const { eventsCommand } = await import('./events-command.ts');
    await eventsCommand(id, options);
  });
}

function addComplete(program: Command): void {
  endCommand(
    add(program, 'complete', 'end a session that is done; a fork can still go on from it').argument(
      '<id>',
      'a session',
    ),
    { examples: ['asm complete ses_…', 'asm run --session ses_… --fork "One thing more"'] },
  ).action(async (id: string, options: object) => {
    const { completeCommand } = await import('./complete-command.ts');
    await completeCommand(id, options);
  });
}

function addCancel(program: Command): void {
  endCommand(
    add(program, 'cancel', 'end a run, whoever executes it, or a session with all its runs')
      .argument('<id>', 'a run or a session')
      .option('--reason <text>', 'why, for the log'),
    { examples: ['asm cancel run_…', 'asm cancel ses_… --reason "The branch is gone"'] },
  ).action(async (id: string, options: object) => {
    const { cancelCommand } = await import('./cancel-command.ts');
    await cancelCommand(id, options);
  });
}

function addDoctor(program: Command): void {
  endCommand(
    add(
      program,
      'doctor',
      'say which agents are installed, their versions, whether they are signed in, and what to do',
    ),
    { examples: ['asm doctor', "asm doctor --json | jq '.providers[] | {name, agent}'"] },
  ).action(async (options: object) => {
    const { doctorCommand } = await import('./doctor-command.ts');
    await doctorCommand(options);
  });
}
