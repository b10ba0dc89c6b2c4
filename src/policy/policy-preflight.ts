import { AsmError } from '../domain/error.ts';
import type { JsonObject } from '../domain/json.ts';
import { fitsTool } from '../domain/tool-rule-match.ts';
import { formatToolRule } from '../domain/tool-rule.ts';
import { isBare, type MergedPolicy } from './policy-stack.ts';

/** Limits that leave nothing to do when they are 0. */
const needed: ReadonlySet<string> = new Set(['totalTokens', 'toolCalls', 'turns']);

/** Throws `policy_violation` for a policy under which no run could do anything, or that contradicts itself. */
export function assertWorkable(merged: MergedPolicy): void {
  const { limits, tools, allow, deny } = merged;
  if (tools.some(({ names }) => names.length === 0) || allow.some(({ rules }) => rules.length === 0)) {
    throw unworkable(merged, 'it allows no tool at all, since a list of what is allowed is empty', {
      check: 'empty_allow_list',
    });
  }
  const zero = limits.find(({ limit, most }) => most === 0 && needed.has(limit));
  if (zero !== undefined) {
    throw unworkable(merged, `its limit ${zero.limit} is 0`, { check: 'zero_budget', limit: zero.limit });
  }
  const bare = deny.filter(({ rule }) => isBare(rule));
  const both = [
    ...tools
      .flatMap(({ names }) => names)
      .filter((name) =>
        bare.some(
          ({ rule }) => fitsTool(rule, { tool: name }) || rule.tool.toLowerCase() === name.toLowerCase(),
        ),
      ),
    ...allow
      .flatMap(({ rules }) => rules.map(({ rule }) => formatToolRule(rule)))
      .filter((text) => deny.some(({ rule }) => sameText(formatToolRule(rule), text))),
    ...allow
      .flatMap(({ rules }) => rules.map(({ rule }) => rule.tool))
      .filter((tool) => bare.some(({ rule }) => fitsTool(rule, { tool }))),
  ];
  if (both.length > 0) {
    const rules = [...new Set(both)];
    throw unworkable(merged, `it both allows and denies ${rules.join(', ')}`, {
      check: 'contradictory_rules',
      rules,
    });
  }
  const [first, ...others] = tools;
  if (first === undefined) return;
  const left = first.names.filter((name) =>
    others.every(({ names }) => names.some((other) => overlap(name, other))),
  );
  if (left.length === 0) {
    throw unworkable(merged, 'its lists of allowed tools have none in common', { check: 'empty_allow_list' });
  }
}

/** True when some tool fits both names. */
function overlap(first: string, second: string): boolean {
  return fitsTool({ tool: first }, { tool: second }) || fitsTool({ tool: second }, { tool: first });
}

function sameText(first: string, second: string): boolean {
  return first.toLowerCase() === second.toLowerCase();
}

function unworkable({ name }: MergedPolicy, why: string, details: JsonObject): AsmError {
  return new AsmError(
    'policy_violation',
    `No run can work under the policy ${JSON.stringify(name)}: ${why}.`,
    {
      details: { policy: name, ...details },
    },
  );
}
