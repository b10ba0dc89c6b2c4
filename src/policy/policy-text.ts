import type { PolicyAction, PolicyLimitName } from '../domain/policy-report.ts';
import { formatToolRule } from '../domain/tool-rule.ts';
import { mergePolicies, type MergedPolicy } from './policy-stack.ts';
import type { Policy } from './policy.ts';

/** Prints a policy, or what several are together: one line for each limit and rule. */
export function describePolicy(policies: Policy | readonly Policy[] | MergedPolicy): string {
  const merged = isMerged(policies) ? policies : mergePolicies(isList(policies) ? policies : [policies]);
  const several = new Set(heldParts(merged).map(({ policy }) => policy)).size > 1;
  const lines = heldParts(merged).map(
    ({ text, policy, action }) =>
      `  ${text}${action === undefined || action === merged.action ? '' : ` -> ${action}`}${several ? `  [${policy}]` : ''}`,
  );
  return [`policy ${merged.name}: ${merged.action}`, ...lines].join('\n');
}

/** A rule or limit as it is printed. */
export interface HeldPart {
  readonly text: string;
  readonly policy: string;
  readonly action: PolicyAction | undefined;
  readonly is: PolicyLimitName | 'deny' | 'ask' | 'allow' | 'tools';
}

export function heldParts(merged: MergedPolicy): readonly HeldPart[] {
  const { limits, tools, allow, deny, ask } = merged;
  return [
    ...limits.map(({ limit, most, policy, action }) => ({
      text: `${limit} ${most}`,
      policy,
      action,
      is: limit,
    })),
    ...tools.map(({ names, policy, action }) => ({
      text: `only ${names.join(', ')}`,
      policy,
      action,
      is: 'tools' as const,
    })),
    ...allow
      .flatMap(({ rules }) => rules)
      .map(({ rule, policy, action }) => ({
        text: `allow ${formatToolRule(rule)}`,
        policy,
        action,
        is: 'allow' as const,
      })),
    ...deny.map(({ rule, policy, action }) => ({
      text: `deny ${formatToolRule(rule)}`,
      policy,
      action,
      is: 'deny' as const,
    })),
    ...ask.map(({ rule, policy }) => ({
      text: `ask ${formatToolRule(rule)}`,
      policy,
      action: undefined,
      is: 'ask' as const,
    })),
  ];
}

function isMerged(given: Policy | readonly Policy[] | MergedPolicy): given is MergedPolicy {
  return 'deny' in given;
}

function isList(given: Policy | readonly Policy[]): given is readonly Policy[] {
  return Array.isArray(given);
}
