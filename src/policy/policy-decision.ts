import { CallFacts, type CallContext } from '../domain/call-facts.ts';
import type { PolicyAction } from '../domain/policy-report.ts';
import { isAmong } from '../domain/tool-policy.ts';
import { allowingRule, conditionOf, reachesTool } from '../domain/tool-rule-match.ts';
import { formatToolRule, type ToolRule } from '../domain/tool-rule.ts';
import type { ToolCall } from '../domain/tool.ts';
import { compareActions, type MergedPolicy } from './policy-stack.ts';

/** What a policy says about a call; nothing when it has nothing against it. */
export type PolicyFinding =
  | {
      readonly is: 'forbidden';
      readonly policy: string;
      readonly action: PolicyAction;
      /** As it is printed: `deny bash(rm)`. */
      readonly rule: string;
      readonly reason: string;
    }
  | { readonly is: 'asked'; readonly policy: string; readonly rule: string; readonly reason: string };

/** Something that can be held against calls of one tool. */
type Check = (facts: CallFacts) => PolicyFinding | undefined;

type ToolIdentity = Pick<ToolCall, 'tool' | 'name' | 'kind'>;

/** Tools whose checks are remembered; names come from agents, so that there may be any number. */
const mostRemembered = 1_000;

/** Decides about tool calls by a policy. Made once for a run; a decision takes microseconds. */
export class PolicyDecider {
  readonly #merged: MergedPolicy;
  readonly #checks = new Map<string, readonly Check[]>();

  constructor(merged: MergedPolicy) {
    this.#merged = merged;
  }

  /** The strictest finding; what is forbidden goes before what is asked. */
  decide(call: ToolCall, context: CallContext): PolicyFinding | undefined {
    const checks = this.#checksOf(call);
    if (checks.length === 0) return undefined;
    const facts = new CallFacts(call, context);
    for (const check of checks) {
      const finding = check(facts);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #checksOf(tool: ToolIdentity): readonly Check[] {
    const key = `${tool.kind} ${tool.tool}\n${tool.name}`;
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const checks = checksFor(this.#merged, tool);
    if (this.#checks.size >= mostRemembered) this.#checks.clear();
    this.#checks.set(key, checks);
    return checks;
  }
}

/** All that can be held against calls of the tool, the strictest first. */
function checksFor(merged: MergedPolicy, tool: ToolIdentity): readonly Check[] {
  const forbidding: { readonly action: PolicyAction; readonly check: Check }[] = [];
  for (const { policy, names, action } of merged.tools) {
    if (isAmong(names, tool)) continue;
    const rule = `only ${names.join(', ')}`;
    const reason = `The policy ${policy} forbids it: only ${names.join(', ')} may be used.`;
    forbidding.push({ action, check: () => ({ is: 'forbidden', policy, action, rule, reason }) });
  }
  for (const { policy, rule, action } of merged.deny) {
    if (reachesTool(rule, tool)) forbidding.push({ action, check: denying(policy, rule, action) });
  }
  for (const { policy, rules } of merged.allow) {
    const about = rules.filter(({ rule }) => reachesTool(rule, tool));
    const [first] = about;
    if (first === undefined) continue;
    const { action } = first;
    const covering = about.map(({ rule }) => rule);
    forbidding.push({ action, check: notAllowed(policy, covering, action) });
  }
  forbidding.sort((first, second) => compareActions(first.action, second.action));
  const asking = merged.ask
    .filter(({ rule }) => reachesTool(rule, tool))
    .map(({ policy, rule }) => asked(policy, rule));
  return [...forbidding.map(({ check }) => check), ...asking];
}

function denying(policy: string, rule: ToolRule, action: PolicyAction): Check {
  const text = formatToolRule(rule);
  const condition = conditionOf(rule);
  return (facts) => {
    const why = condition(facts);
    if (why === undefined) return undefined;
    const reason = `The policy ${policy} forbids it by the rule ${text}: ${why}.`;
    return { is: 'forbidden', policy, action, rule: `deny ${text}`, reason };
  };
}

function notAllowed(policy: string, rules: readonly ToolRule[], action: PolicyAction): Check {
  const text = rules.map((rule) => formatToolRule(rule)).join(', ');
  const reason = `The policy ${policy} allows only ${text}, which this call is not, or not surely.`;
  const finding: PolicyFinding = { is: 'forbidden', policy, action, rule: `allow ${text}`, reason };
  return (facts) => (allowingRule(rules, facts) === undefined ? finding : undefined);
}

function asked(policy: string, rule: ToolRule): Check {
  const text = formatToolRule(rule);
  const condition = conditionOf(rule);
  return (facts) => {
    const why = condition(facts);
    if (why === undefined) return undefined;
    const reason = `The policy ${policy} asks for it by the rule ${text}: ${why}.`;
    return { is: 'asked', policy, rule: `ask ${text}`, reason };
  };
}
