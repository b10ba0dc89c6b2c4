import { CallFacts, type CallContext } from './call-facts.ts';
import { AsmError } from './error.ts';
import { splitPlainCommand } from './shell-word.ts';
import { allowingRule, whyHit } from './tool-rule-match.ts';
import type { ToolCall } from './tool.ts';

/** Tool calls that something is to hold for: all conditions that are set must be met. */
export interface ToolRule {
  /**
   * The canonical name of the tool, upper and lower case alike; a `*` at the end stands for any rest:
   * `mcp:github/*`. In rules that deny or ask, `bash` is every tool that runs commands, `write` and `edit` are
   * all that change files, `read` all that look into them, `agent` all that start subagents.
   */
  readonly tool: string;
  /** A program that a shell command runs: a name, or with a slash exactly this path. */
  readonly program?: string;
  /** The first arguments of the program; `*` stands for any one. More may follow. */
  readonly arguments?: readonly string[];
  /** The program is given at least one of these, anywhere: `--force`, `-f`. */
  readonly flags?: readonly string[];
  /** A folder, absolute or relative to the working folder: all paths of the call are in it. */
  readonly inside?: string;
  /** A folder in the same way: a path of the call is not in it. Only for rules that deny or ask. */
  readonly outside?: string;
  /** Hosts that the call names: `example.com`, or `*.example.com` for all below it. */
  readonly hosts?: readonly string[];
}

/** Rules about tool calls. What is denied stays denied; then `ask` is looked at, then `allow`. */
export interface ToolRules {
  readonly allow?: readonly ToolRule[];
  readonly deny?: readonly ToolRule[];
  readonly ask?: readonly ToolRule[];
}

/** The same as callers give them: a rule is an object, or a text as `parseToolRule` reads it. */
export interface GivenToolRules {
  /** Need no question, if all of the call is allowed. */
  readonly allow?: readonly (ToolRule | string)[];
  /** Are refused, whatever else is said. */
  readonly deny?: readonly (ToolRule | string)[];
  /** Need a question, also where the mode allows them. */
  readonly ask?: readonly (ToolRule | string)[];
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
 * variable is set and no file is written. A rule with `inside` denies what names any path in the folder, or
 * may reach one, and allows what has paths and all of them in it.
 */
export function decideByRules(
  call: ToolCall,
  rules: ToolRules,
  context: CallContext,
): RuleDecision | undefined {
  const facts = new CallFacts(call, context);
  for (const decision of ['deny', 'ask'] as const) {
    for (const rule of rules[decision] ?? []) {
      const why = whyHit(rule, facts);
      if (why !== undefined)
        return { decision, rule, reason: `The rule ${formatToolRule(rule)} ${verbs[decision]}: ${why}.` };
    }
  }
  const rule = allowingRule(rules.allow ?? [], facts);
  return rule === undefined
    ? undefined
    : { decision: 'allow', rule, reason: `The rule ${formatToolRule(rule)} allows it.` };
}

const verbs = { deny: 'forbids it', ask: 'asks for it' } as const;

/**
 * Reads a rule as people write it: `bash`, `mcp:github/*`, `bash(git status)`, `bash(git log *)`,
 * `bash(git push; flags --force -f)`, `write(inside ./src)`, `*(outside .)`, `web_fetch(hosts example.com)`. In
 * parentheses stand a program and its first arguments, quoted as in a shell, and further conditions, each after a
 * semicolon. A last `*` says nothing, since more arguments may always follow. Throws `invalid_input`.
 */
export function parseToolRule(text: string): ToolRule {
  const match = /^([^\s()]+)(?:\((.*)\))?$/s.exec(text.trim());
  const [, tool, inner] = match ?? [];
  if (tool === undefined || tool.slice(0, -1).includes('*')) throw unreadable(text);
  if (inner === undefined) return { tool };
  let rule: ToolRule = { tool };
  for (const [index, part] of inner.split(';').entries()) {
    const condition = readCondition(part.trim(), index === 0);
    const isRepeated = Object.keys(condition ?? {}).some((name) => Object.hasOwn(rule, name));
    if (condition === undefined || isRepeated) throw unreadable(text);
    rule = { ...rule, ...condition };
  }
  return rule;
}

/** One condition of a rule; a program can only stand at the beginning. */
function readCondition(part: string, isFirst: boolean): Partial<ToolRule> | undefined {
  const [, keyword, rest = ''] = /^(inside|outside|hosts|flags)\s+(.+)$/s.exec(part) ?? [];
  switch (keyword) {
    case 'inside':
      return { inside: rest };
    case 'outside':
      return { outside: rest };
    case 'hosts':
      return { hosts: rest.split(/\s+/) };
    case 'flags':
      return { flags: rest.split(/\s+/) };
    default:
  }
  // Quoted, a star is an argument like any other to the splitter, which refuses patterns.
  const words = isFirst ? splitPlainCommand(part.replaceAll(/(?<=\s)\*(?=\s|$)/g, "'*'")) : undefined;
  if (words === undefined) return undefined;
  const [program = '', ...given] = words;
  if (given.at(-1) === '*') given.pop();
  return { program, ...(given.length === 0 ? {} : { arguments: given }) };
}

/** Writes a rule as `parseToolRule` reads it, for messages. */
export function formatToolRule(rule: ToolRule): string {
  const conditions = [
    ...(rule.program === undefined ? [] : [[rule.program, ...(rule.arguments ?? [])].join(' ')]),
    ...(rule.flags === undefined ? [] : [`flags ${rule.flags.join(' ')}`]),
    ...(rule.inside === undefined ? [] : [`inside ${rule.inside}`]),
    ...(rule.outside === undefined ? [] : [`outside ${rule.outside}`]),
    ...(rule.hosts === undefined ? [] : [`hosts ${rule.hosts.join(' ')}`]),
  ];
  return conditions.length === 0 ? rule.tool : `${rule.tool}(${conditions.join('; ')})`;
}

function unreadable(text: string): AsmError {
  return new AsmError(
    'invalid_input',
    `${JSON.stringify(text)} is not a rule. Write a tool, such as bash or mcp:github/*, or with a program bash(git status), or with a folder write(inside ./src).`,
  );
}
