import { AsmError } from './error.ts';
import { isInside } from './path-containment.ts';
import { parseShellCommand, type ParsedShellCommand, type SimpleCommand } from './shell-command.ts';
import { splitPlainCommand } from './shell-word.ts';
import type { ToolCall } from './tool.ts';

/** Tool calls that something is to hold for: all conditions that are set must be met. */
export interface ToolRule {
  /** The canonical name of the tool, upper and lower case alike; a `*` at the end stands for any rest: `mcp:github/*`. */
  readonly tool: string;
  /** A program that a shell command runs: a name, or with a slash exactly this path. */
  readonly program?: string;
  /** The first arguments of the program; `*` stands for any one. More may follow. */
  readonly arguments?: readonly string[];
  /** A folder, absolute or relative to the working folder: all paths of the call are in it. */
  readonly inside?: string;
}

/** Rules about tool calls. What is denied stays denied; then `ask` is looked at, then `allow`. */
export interface ToolRules {
  readonly allow?: readonly ToolRule[];
  readonly deny?: readonly ToolRule[];
  readonly ask?: readonly ToolRule[];
}

export interface RuleDecision {
  readonly decision: 'allow' | 'deny' | 'ask';
  readonly rule: ToolRule;
  /** For the agent and the log. */
  readonly reason: string;
}

/**
 * Decides by rules alone; `undefined` when none applies. `deny` and `ask` apply when any program of a
 * shell command matches, and, if they name a program, also when it can't be known which programs the
 * command runs. `allow` applies only when every program matches an allowing rule, nothing is unknown, no
 * variable is set and no file is written. A rule with `inside` denies what has any path in the folder
 * and allows what has paths and all of them in it; links are not followed.
 */
export function decideByRules(
  call: ToolCall,
  rules: ToolRules,
  context: { readonly cwd: string },
): RuleDecision | undefined {
  const parsed = call.command === undefined ? undefined : parseShellCommand(call.command);
  for (const decision of ['deny', 'ask'] as const) {
    for (const rule of rules[decision] ?? []) {
      const why = whyHit(call, rule, context.cwd, parsed);
      if (why !== undefined)
        return { decision, rule, reason: `The rule ${formatToolRule(rule)} ${verbs[decision]}: ${why}.` };
    }
  }
  const allowing = (rules.allow ?? []).filter(
    (rule) => fitsTool(rule, call) && isAllInside(rule, call, context.cwd),
  );
  const rule =
    parsed === undefined ? allowing.find((one) => one.program === undefined) : allowingRule(allowing, parsed);
  return rule === undefined
    ? undefined
    : { decision: 'allow', rule, reason: `The rule ${formatToolRule(rule)} allows it.` };
}

const verbs = { deny: 'forbids it', ask: 'asks for it' } as const;

/** Why a denying or asking rule applies; `undefined` when it doesn't. */
function whyHit(
  call: ToolCall,
  rule: ToolRule,
  cwd: string,
  parsed: ParsedShellCommand | undefined,
): string | undefined {
  if (!fitsTool(rule, call)) return undefined;
  if (
    rule.inside !== undefined &&
    !(call.paths ?? []).some((path) => isInside(rule.inside ?? '', path, cwd))
  ) {
    return undefined;
  }
  if (rule.program === undefined) return `it uses ${call.tool}`;
  if (parsed === undefined) return undefined;
  const hit = parsed.commands.find((command) => mayRun(command, rule));
  if (hit !== undefined) return `it runs ${hit.path}`;
  const [unknown] = parsed.opaque;
  return unknown === undefined ? undefined : `it can't be known what it runs, because ${unknown}`;
}

/** True unless it is certain that the command is not the one of the rule. */
function mayRun(command: SimpleCommand, rule: ToolRule): boolean {
  const program = rule.program ?? '';
  // On some file systems upper and lower case are one name.
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (command.program.toLowerCase() !== name.toLowerCase()) return false;
  return (rule.arguments ?? []).every(
    (wanted, index) =>
      index >= (command.dynamicFrom ?? Number.POSITIVE_INFINITY) ||
      (index < command.arguments.length && (wanted === '*' || wanted === command.arguments[index])),
  );
}

/** True only if it is certain that the command is the one of the rule. */
function surelyRuns(command: SimpleCommand, rule: ToolRule): boolean {
  if (rule.program !== undefined && command.path !== rule.program) return false;
  return (rule.arguments ?? []).every(
    (wanted, index) =>
      index < Math.min(command.dynamicFrom ?? Number.POSITIVE_INFINITY, command.arguments.length) &&
      (wanted === '*' || wanted === command.arguments[index]),
  );
}

function allowingRule(rules: readonly ToolRule[], parsed: ParsedShellCommand): ToolRule | undefined {
  const everything = rules.find((rule) => rule.program === undefined && rule.arguments === undefined);
  if (everything !== undefined) return everything;
  const { commands, opaque, redirections, assignments } = parsed;
  if (commands.length === 0 || opaque.length > 0 || assignments.length > 0) return undefined;
  if (redirections.some((redirection) => mayWrite(redirection))) return undefined;
  const used = commands.map((command) => rules.find((rule) => surelyRuns(command, rule)));
  return used.every((rule) => rule !== undefined) ? used[0] : undefined;
}

function mayWrite({ operator, target, dynamic }: ParsedShellCommand['redirections'][number]): boolean {
  if (operator === '<' || operator === '<<<' || operator === '<&') return false;
  if (dynamic) return true;
  return !(operator === '>&' && /^(?:\d+-?|-)$/.test(target)) && target !== '/dev/null';
}

function fitsTool(rule: ToolRule, call: ToolCall): boolean {
  const wanted = rule.tool.toLowerCase();
  const tool = call.tool.toLowerCase();
  return wanted.endsWith('*') ? tool.startsWith(wanted.slice(0, -1)) : tool === wanted;
}

function isAllInside(rule: ToolRule, call: ToolCall, cwd: string): boolean {
  const folder = rule.inside;
  if (folder === undefined) return true;
  return (
    call.paths !== undefined &&
    call.paths.length > 0 &&
    call.paths.every((path) => isInside(folder, path, cwd))
  );
}

/**
 * Reads a rule as people write it: `bash`, `mcp:github/*`, `bash(git status)`, `bash(git log *)`,
 * `write(inside ./src)`. In parentheses stand a program and its first arguments, quoted as in a shell; a
 * last `*` says nothing, since more arguments may always follow. Throws `invalid_input`.
 */
export function parseToolRule(text: string): ToolRule {
  const match = /^([^\s()]+)(?:\((.*)\))?$/s.exec(text.trim());
  const [, tool, inner] = match ?? [];
  if (tool === undefined || tool.slice(0, -1).includes('*')) throw unreadable(text);
  if (inner === undefined) return { tool };
  const folder = /^\s*inside\s+(.+?)\s*$/s.exec(inner)?.[1];
  if (folder !== undefined) return { tool, inside: folder };
  // Quoted, a star is an argument like any other to the splitter, which refuses patterns.
  const words = splitPlainCommand(inner.replaceAll(/(?<=\s)\*(?=\s|$)/g, "'*'"));
  if (words === undefined) throw unreadable(text);
  const [program = '', ...rest] = words;
  if (rest.at(-1) === '*') rest.pop();
  return { tool, program, ...(rest.length === 0 ? {} : { arguments: rest }) };
}

/** Writes a rule as `parseToolRule` reads it, for messages. */
export function formatToolRule(rule: ToolRule): string {
  const inner = [
    ...(rule.program === undefined ? [] : [rule.program, ...(rule.arguments ?? [])]),
    ...(rule.inside === undefined ? [] : ['inside', rule.inside]),
  ].join(' ');
  return inner === '' ? rule.tool : `${rule.tool}(${inner})`;
}

function unreadable(text: string): AsmError {
  return new AsmError(
    'invalid_input',
    `${JSON.stringify(text)} is not a rule. Write a tool, such as bash or mcp:github/*, or with a program bash(git status), or with a folder write(inside ./src).`,
  );
}
