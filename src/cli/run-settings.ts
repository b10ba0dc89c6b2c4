import { resolve } from 'node:path';
import { capabilityNames, type CapabilityName } from '../domain/capability.ts';
import { oneOf } from '../domain/choice.ts';
import { AsmError } from '../domain/error.ts';
import { parseToolRule, type ToolRules } from '../domain/tool-rule.ts';
import { permissionModes } from '../domain/tool.ts';
import { defaultIdleLimit } from '../manager/run-clocks.ts';
import { continuations, type CommonRunOptions } from '../manager/run-options.ts';
import { assertWorkingFolder } from '../process/working-folder.ts';
import { readRunBudgets } from './budget-option.ts';
import { readPolicy } from './policy-file.ts';
import type { RenderingName } from './rendering-name.ts';
import { terminalQuestions } from './permission-prompt.ts';
import type { SharedOptions } from './shared-options.ts';
import type { TerminalTurns } from './terminal-turns.ts';

/** The options of `asm run`, as the command line gives them. */
export interface RunCommandOptions extends SharedOptions {
  readonly provider?: string;
  readonly session?: string;
  readonly fork?: boolean;
  readonly cwd?: string;
  readonly model?: string;
  readonly permissionMode?: string;
  readonly maxTurns?: number;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly policy?: readonly string[];
  readonly budget?: readonly string[];
  readonly tag?: readonly string[];
  readonly env?: readonly string[];
  readonly native?: readonly string[];
  readonly systemPrompt?: string;
  readonly timeout?: number;
  readonly stallAfter?: number;
  readonly stopLoops?: boolean;
  readonly shell?: boolean;
  readonly trustProject?: boolean;
  readonly retry?: number;
  readonly continuation?: string;
  readonly requires?: readonly string[];
  readonly prefers?: readonly string[];
  readonly acceptObserved?: boolean;
  readonly approvals?: boolean;
  readonly render?: RenderingName;
}

/** The options of the run that they ask for. Throws `invalid_input` before anything is written. */
export function readRunSettings(options: RunCommandOptions, turns: TerminalTurns): CommonRunOptions {
  const { cwd, model, maxTurns, systemPrompt, trustProject, allow, deny } = options;
  if (options.fork === true && options.session === undefined) {
    throw new AsmError(
      'invalid_input',
      '--fork needs the session that it branches off from: --session ses_…',
    );
  }
  if (options.tag !== undefined && options.session !== undefined) {
    throw new AsmError('invalid_input', '--tag is for a new session; one that is there keeps its tags.');
  }
  if (cwd !== undefined) assertWorkingFolder(resolve(cwd));
  const rules: ToolRules = {
    ...(allow === undefined ? {} : { allow: allow.map((rule) => parseToolRule(rule)) }),
    ...(deny === undefined ? {} : { deny: deny.map((rule) => parseToolRule(rule)) }),
  };
  return {
    ...(allow === undefined && deny === undefined ? {} : { rules }),
    ...(options.permissionMode === undefined
      ? {}
      : { permissionMode: oneOf('--permission-mode', options.permissionMode, permissionModes) }),
    ...(options.continuation === undefined
      ? {}
      : { continuation: oneOf('--continuation', options.continuation, continuations) }),
    ...(options.retry === undefined ? {} : { retry: { tries: options.retry } }),
    ...capabilitiesOf(options),
    ...(options.acceptObserved === undefined ? {} : { acceptObserved: options.acceptObserved }),
    ...(options.policy === undefined ? {} : { policies: options.policy.map((file) => readPolicy(file)) }),
    ...budgetsOf(options),
    ...(cwd === undefined ? {} : { cwd }),
    ...(model === undefined ? {} : { model }),
    ...(maxTurns === undefined ? {} : { maxTurns }),
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(trustProject === undefined ? {} : { trustProject }),
    ...timesOf(options),
    ...(options.stopLoops === true ? { loops: { action: 'cancel' } } : {}),
    ...personOf(options, turns),
  };
}

/** What the agent has to be able to do, and what it had better. */
function capabilitiesOf({ requires, prefers }: RunCommandOptions): CommonRunOptions {
  const namesOf = (option: string, names: readonly string[]): readonly CapabilityName[] =>
    names.map((name) => oneOf(`A capability in ${option}`, name, capabilityNames));
  return {
    ...(requires === undefined ? {} : { requires: namesOf('--requires', requires) }),
    ...(prefers === undefined ? {} : { prefers: namesOf('--prefers', prefers) }),
  };
}

/** The budgets that the run is held to besides those of the variable, wherever it goes on. */
export function budgetsOf({ budget }: Pick<RunCommandOptions, 'budget'>): CommonRunOptions {
  return budget === undefined ? {} : { budgets: readRunBudgets(budget) };
}

/** The time limit, and what becomes of a run that stalls: the idle limit comes after that. */
function timesOf({ timeout, stallAfter }: RunCommandOptions): CommonRunOptions {
  const total = timeout === undefined ? {} : { total: timeout * 1_000 };
  if (stallAfter === undefined) return timeout === undefined ? {} : { limits: total };
  const after = Math.ceil(stallAfter * 1_000);
  return {
    limits: { ...total, idle: after + defaultIdleLimit },
    watchdog: { after, cancelAfter: 0 },
  };
}

/** Who is asked about tool calls: anybody, with `asm approve`, or who sits at this terminal. */
function personOf({ approvals, json }: RunCommandOptions, turns: TerminalTurns): CommonRunOptions {
  if (approvals === true) return { approvals: {} };
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY && json !== true;
  return isTerminal ? { authorize: terminalQuestions(turns) } : {};
}
