import type { CallFacts } from './call-facts.ts';
import { fitsHost } from './network-host.ts';
import type { ParsedShellCommand, SimpleCommand } from './shell-command.ts';
import type { ToolRule } from './tool-rule.ts';
import type { ToolCall, ToolKind } from './tool.ts';

/**
 * Tools that do the work of one: a command changes files under the name of any tool that runs commands, and
 * what makes a file can also change one. Only denying and asking rules reach so far.
 */
const families: ReadonlyMap<string, readonly ToolKind[]> = new Map<string, readonly ToolKind[]>([
  ['bash', ['execute']],
  ['write', ['edit']],
  ['edit', ['edit']],
  ['read', ['read', 'search']],
  ['agent', ['agent']],
]);

/** True when the rule's tool is the call's: by our name of it. */
export function fitsTool(rule: Pick<ToolRule, 'tool'>, call: Pick<ToolCall, 'tool'>): boolean {
  return fitsName(rule.tool.toLowerCase(), call.tool);
}

/** True when a rule that forbids or asks reaches the call: by any name of its tool, or by what the tool does. */
export function reachesTool(
  rule: Pick<ToolRule, 'tool'>,
  call: Pick<ToolCall, 'tool' | 'name' | 'kind'>,
): boolean {
  const wanted = rule.tool.toLowerCase();
  return (
    fitsName(wanted, call.tool) ||
    fitsName(wanted, call.name) ||
    families.get(wanted)?.includes(call.kind) === true
  );
}

function fitsName(wanted: string, name: string): boolean {
  const known = name.toLowerCase();
  return wanted.endsWith('*') ? known.startsWith(wanted.slice(0, -1)) : known === wanted;
}

/** Why something applies to a call; `undefined` when it doesn't. */
export type Condition = (facts: CallFacts) => string | undefined;

/** Why a denying or asking rule applies; `undefined` when it doesn't. What can't be known applies. */
export function whyHit(rule: ToolRule, facts: CallFacts): string | undefined {
  return reachesTool(rule, facts.call) ? conditionOf(rule)(facts) : undefined;
}

/** The same for calls that the rule is known to reach; what is the same for all of them is found out once. */
export function conditionOf(rule: ToolRule): Condition {
  const { inside, outside, hosts } = rule;
  const conditions: Condition[] = [];
  if (inside !== undefined) conditions.push((facts) => facts.inside(inside));
  if (outside !== undefined) conditions.push((facts) => facts.outside(outside));
  if (hosts !== undefined) conditions.push((facts) => whyHosts(hosts, facts));
  if (rule.program !== undefined || rule.flags !== undefined) conditions.push(programCondition(rule));
  const [only, ...others] = conditions;
  if (only !== undefined && others.length === 0) return only;
  return (facts) => {
    let reason: string | undefined;
    for (const condition of conditions) {
      const why = condition(facts);
      if (why === undefined) return undefined;
      reason ??= why;
    }
    return reason ?? `it uses ${facts.call.tool}`;
  };
}

function whyHosts(patterns: readonly string[], { hosts }: CallFacts): string | undefined {
  const hit = hosts.hosts.find((host) => patterns.some((pattern) => fitsHost(pattern, host)));
  if (hit !== undefined) return `it names ${hit}`;
  return hosts.unknown === undefined
    ? undefined
    : `it can't be known which hosts it reaches, because ${hosts.unknown}`;
}

function programCondition(rule: ToolRule): Condition {
  const program = rule.program === undefined ? undefined : nameOf(rule.program);
  return (facts) => {
    const { call, parsed } = facts;
    if (parsed === undefined)
      return call.kind === 'execute' ? `it can't be known what ${call.name} runs` : undefined;
    const hit =
      program === undefined || facts.programs.has(program)
        ? parsed.commands.find((command) => mayRun(command, program, rule))
        : undefined;
    if (hit !== undefined) return `it runs ${hit.path}`;
    const unknown = parsed.opaque[0];
    return unknown === undefined ? undefined : `it can't be known what it runs, because ${unknown}`;
  };
}

/** A program's name without its folders; on some file systems upper and lower case are one name. */
function nameOf(program: string): string {
  return program.slice(program.lastIndexOf('/') + 1).toLowerCase();
}

/** True unless it is certain that the command is not the one of the rule. */
function mayRun(command: SimpleCommand, program: string | undefined, rule: ToolRule): boolean {
  const { flags } = rule;
  if (program !== undefined && command.program.toLowerCase() !== program) return false;
  if (flags !== undefined && command.dynamicFrom === undefined && !hasFlag(command.arguments, flags))
    return false;
  return (rule.arguments ?? []).every(
    (wanted, index) =>
      index >= (command.dynamicFrom ?? Number.POSITIVE_INFINITY) ||
      (index < command.arguments.length && (wanted === '*' || wanted === command.arguments[index])),
  );
}

/** True when one of the words is, or may be read as, one of the flags: `-rf` is also `-f`, `--forc` is `--force`. */
function hasFlag(words: readonly string[], flags: readonly string[]): boolean {
  return words.some((word) => {
    const [name = ''] = word.split('=', 1);
    return flags.some((flag) => {
      if (word === flag || name === flag) return true;
      if (flag.startsWith('--')) return name.length > 2 && name.startsWith('--') && flag.startsWith(name);
      return flag.length === 2 && /^-[^-]/.test(word) && word.includes(flag.slice(1), 1);
    });
  });
}

/** The allowing rule by which all of the call is allowed; `undefined` when there is none. */
export function allowingRule(rules: readonly ToolRule[], facts: CallFacts): ToolRule | undefined {
  const fitting = rules.filter((rule) => surelyFits(rule, facts));
  const { parsed } = facts;
  if (parsed === undefined)
    return fitting.find(({ program, flags }) => program === undefined && flags === undefined);
  const everything = fitting.find(
    (rule) => rule.program === undefined && rule.arguments === undefined && rule.flags === undefined,
  );
  if (everything !== undefined) return everything;
  const { commands, opaque, redirections, assignments } = parsed;
  if (commands.length === 0 || opaque.length > 0 || assignments.length > 0) return undefined;
  if (redirections.some((redirection) => mayWrite(redirection))) return undefined;
  const used = commands.map((command) => fitting.find((rule) => surelyRuns(command, rule)));
  return used.every((rule) => rule !== undefined) ? used[0] : undefined;
}

function surelyFits(rule: ToolRule, facts: CallFacts): boolean {
  const { inside, outside, hosts } = rule;
  if (!fitsTool(rule, facts.call)) return false;
  if (inside !== undefined && !facts.isSurelyInside(inside)) return false;
  // It can be shown of no call that all it touches lies elsewhere.
  if (outside !== undefined) return false;
  if (hosts === undefined) return true;
  const named = facts.hosts;
  return (
    named.unknown === undefined &&
    named.hosts.length > 0 &&
    named.hosts.every((host) => hosts.some((pattern) => fitsHost(pattern, host)))
  );
}

/** True only if it is certain that the command is the one of the rule. */
function surelyRuns(command: SimpleCommand, rule: ToolRule): boolean {
  if (rule.program !== undefined && command.path !== rule.program) return false;
  const known = Math.min(command.dynamicFrom ?? Number.POSITIVE_INFINITY, command.arguments.length);
  const { flags } = rule;
  if (flags !== undefined && !command.arguments.slice(0, known).some((word) => flags.includes(word)))
    return false;
  return (rule.arguments ?? []).every(
    (wanted, index) => index < known && (wanted === '*' || wanted === command.arguments[index]),
  );
}

function mayWrite({ operator, target, dynamic }: ParsedShellCommand['redirections'][number]): boolean {
  if (operator === '<' || operator === '<<<' || operator === '<&') return false;
  if (dynamic) return true;
  return !(operator === '>&' && /^(?:\d+-?|-)$/.test(target)) && target !== '/dev/null';
}
