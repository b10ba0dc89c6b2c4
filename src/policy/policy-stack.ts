import {
  policyActions,
  policyLimitNames,
  type PolicyAction,
  type PolicyLimitName,
} from '../domain/policy-report.ts';
import type { ToolPolicy } from '../domain/tool-policy.ts';
import type { ToolRule } from '../domain/tool-rule.ts';
import { checkRule } from './policy-check.ts';
import type { Policy, PolicyRule } from './policy.ts';

/** Something in force, and the policy that it comes from. */
interface InForce {
  readonly policy: string;
  readonly action: PolicyAction;
}

export interface LimitInForce extends InForce {
  readonly limit: PolicyLimitName;
  readonly most: number;
}

export interface RuleInForce extends InForce {
  readonly rule: ToolRule;
}

/** The rules by which a policy says how tools may be used. */
export interface AllowInForce {
  readonly policy: string;
  readonly rules: readonly RuleInForce[];
}

export interface ToolsInForce extends InForce {
  readonly names: readonly string[];
}

/** Several policies as one: all of their rules, the least of their limits. */
export interface MergedPolicy {
  /** Their names, joined by ` + `. */
  readonly name: string;
  /** The strictest that any of them says; `cancel` when none does. */
  readonly action: PolicyAction;
  /** By kind; of one kind several only if a lower one has a milder action. */
  readonly limits: readonly LimitInForce[];
  readonly deny: readonly RuleInForce[];
  readonly ask: readonly RuleInForce[];
  readonly allow: readonly AllowInForce[];
  readonly tools: readonly ToolsInForce[];
}

/**
 * Merges policies, the strictest of each winning: the least limit, every rule, the strictest action. A rule or limit
 * with an action of its own keeps it; a policy without one does not make the others stricter. Expects what
 * `checkPolicy` has passed.
 */
export function mergePolicies(policies: readonly Policy[]): MergedPolicy {
  const action = strictest(policies.flatMap((policy) => policy.action ?? [])) ?? 'cancel';
  const parts = policies.map((policy) => ({ ...policy, name: policy.name ?? 'policy' }));
  const rulesOf = (list: 'deny' | 'ask'): readonly RuleInForce[] =>
    parts.flatMap(({ name, rules }) => (rules?.[list] ?? []).map((rule) => inForce(name, rule, action)));
  return {
    name: [...new Set(parts.map(({ name }) => name))].join(' + '),
    action,
    limits: policyLimitNames.flatMap((limit) => leastLimits(parts, limit, action)),
    deny: rulesOf('deny'),
    ask: rulesOf('ask'),
    allow: parts.flatMap(({ name, rules }) =>
      rules?.allow === undefined
        ? []
        : [{ policy: name, rules: rules.allow.map((rule) => inForce(name, rule, action)) }],
    ),
    tools: parts.flatMap(({ name, tools }) =>
      tools === undefined ? [] : [{ policy: name, names: tools, action }],
    ),
  };
}

function inForce(policy: string, given: PolicyRule, action: PolicyAction): RuleInForce {
  const checked = checkRule(given);
  return { policy, rule: checked.rule, action: checked.action ?? action };
}

/** The limits of one kind, the lowest first, without those that a lower and stricter one makes pointless. */
function leastLimits(
  policies: readonly (Policy & { readonly name: string })[],
  limit: PolicyLimitName,
  action: PolicyAction,
): readonly LimitInForce[] {
  const all = policies.flatMap(({ name, limits }): LimitInForce[] => {
    const given = limits?.[limit];
    if (given === undefined) return [];
    const { most, action: own } = typeof given === 'number' ? { most: given, action: undefined } : given;
    return [{ policy: name, limit, most, action: own ?? action }];
  });
  const sorted = all.toSorted(
    (first, second) => first.most - second.most || compareActions(first.action, second.action),
  );
  return sorted.filter(
    (one, index) => !sorted.slice(0, index).some((lower) => compareActions(lower.action, one.action) <= 0),
  );
}

/** Below 0 when the first action is the stricter one. */
export function compareActions(first: PolicyAction, second: PolicyAction): number {
  return policyActions.indexOf(first) - policyActions.indexOf(second);
}

function strictest(actions: readonly PolicyAction[]): PolicyAction | undefined {
  return policyActions.find((action) => actions.includes(action));
}

/** The tools that may not be used at all, for providers; what can be approved is not among them. */
export function toolPolicyOf(merged: MergedPolicy): ToolPolicy {
  return {
    deny: merged.deny.flatMap(({ rule, action }) =>
      action !== 'request_approval' && isBare(rule) ? [rule.tool] : [],
    ),
    only: merged.tools.flatMap(({ names, action }) => (action === 'request_approval' ? [] : [names])),
  };
}

/** True for a rule that names a tool and nothing else. */
export function isBare(rule: ToolRule): boolean {
  return Object.keys(rule).length === 1;
}
