import { AsmError } from '../domain/error.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import type { GivenToolRules, ToolRule, ToolRules } from '../domain/tool-rule.ts';
import { checkRule } from '../policy/policy-check.ts';

const lists = ['allow', 'deny', 'ask'] as const satisfies readonly (keyof GivenToolRules)[];

/**
 * The rules of a run as a caller gives them. A name that nothing reads is refused: what was to be denied would be allowed,
 * and an `allow` without its program would hold for all of them. Throws `unknown_option` and `invalid_input`.
 */
export function readToolRules(given: GivenToolRules): ToolRules {
  assertOptionNames('`rules` of a run', given, lists);
  const rules: { -readonly [List in keyof ToolRules]: ToolRules[List] } = {};
  for (const list of lists) {
    const entries: unknown = given[list];
    if (entries === undefined) continue;
    if (!Array.isArray(entries))
      throw new AsmError('invalid_input', `\`${list}\` of a run's \`rules\` is a list of rules.`);
    rules[list] = entries.map((entry: unknown) => readRule(entry, list));
  }
  return rules;
}

function readRule(given: unknown, list: keyof ToolRules): ToolRule {
  const { rule, action } = checkRule(given);
  if (action !== undefined)
    throw new AsmError('unknown_option', 'A rule of a run has no `action`: that is for those of policies.');
  if (list === 'allow' && rule.outside !== undefined)
    throw new AsmError('invalid_input', 'A rule under `allow` has no `outside`: deny what is `outside`.');
  return rule;
}
