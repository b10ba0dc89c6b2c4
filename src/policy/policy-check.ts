import { AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { nearestName } from '../domain/nearest-name.ts';
import {
  policyActions,
  policyLimitNames,
  type PolicyAction,
  type PolicyLimitName,
} from '../domain/policy-report.ts';
import { parseToolRule, type ToolRule } from '../domain/tool-rule.ts';
import type { Policy, PolicyLimit, PolicyLimits, PolicyRules } from './policy.ts';

/** A rule after the check. */
export interface CheckedRule {
  readonly rule: ToolRule;
  readonly action: PolicyAction | undefined;
}

const policyFields = ['name', 'limits', 'rules', 'tools', 'action'] as const;
const ruleLists = ['allow', 'deny', 'ask'] as const;
const ruleFields = ['tool', 'program', 'arguments', 'flags', 'inside', 'outside', 'hosts', 'action'] as const;
/** Limits that count things. */
const counts: ReadonlySet<PolicyLimitName> = new Set(['totalTokens', 'toolCalls', 'turns']);
const longestName = 200;
const mostRules = 10_000;

/**
 * Checks a policy of any origin, such as a JSON file. Throws `unknown_option` for a field that nothing reads, else
 * `invalid_input`; both say where.
 */
export function checkPolicy(given: unknown): Policy {
  if (!isJsonObject(given)) throw invalid('A policy is an object', given);
  checkFields(given, policyFields, 'A policy');
  const { name, limits, rules, tools, action } = given;
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '' || name.length > longestName))
    throw invalid(`The name of a policy is a text of 1 to ${longestName} characters`, name);
  return {
    ...(name === undefined ? {} : { name }),
    ...(limits === undefined ? {} : { limits: checkLimits(limits) }),
    ...(rules === undefined ? {} : { rules: checkRules(rules) }),
    ...(tools === undefined ? {} : { tools: checkNames('The tools of a policy', tools) }),
    ...(action === undefined ? {} : { action: checkAction(action) }),
  };
}

/** Checks a list of policies. */
export function checkPolicies(given: unknown): readonly Policy[] {
  if (!Array.isArray(given) || given.length === 0)
    throw invalid('`policies` is a list of at least one policy', given);
  return given.map((policy: unknown) => checkPolicy(policy));
}

/** Reads a rule of a policy. Throws `invalid_input` or `unknown_option`. */
export function checkRule(given: unknown): CheckedRule {
  if (typeof given === 'string') return { rule: parseToolRule(given), action: undefined };
  if (!isJsonObject(given)) throw invalid('A rule is a text, or an object with a `tool`', given);
  checkFields(given, ruleFields, 'A rule');
  const { tool, action } = given;
  if (typeof tool !== 'string' || !/^[^\s()*]*\*?$/.test(tool) || tool === '')
    throw invalid('The `tool` of a rule is a name, with a * at most at its end', tool);
  const rule: ToolRule = {
    tool,
    ...ruleText('program', given),
    ...ruleWords('arguments', given),
    ...ruleWords('flags', given),
    ...ruleText('inside', given),
    ...ruleText('outside', given),
    ...ruleWords('hosts', given),
  };
  if (rule.arguments !== undefined && rule.program === undefined)
    throw new AsmError('invalid_input', 'A rule with `arguments` names their `program`.');
  return { rule, action: action === undefined ? undefined : checkAction(action) };
}

function ruleText(field: 'program' | 'inside' | 'outside', given: JsonObject): Partial<ToolRule> {
  const value = given[field];
  if (value === undefined) return {};
  if (typeof value !== 'string' || value === '') throw invalid(`\`${field}\` of a rule is a text`, value);
  return { [field]: value };
}

function ruleWords(field: 'arguments' | 'flags' | 'hosts', given: JsonObject): Partial<ToolRule> {
  const value = given[field];
  return value === undefined ? {} : { [field]: checkNames(`\`${field}\` of a rule`, value) };
}

function checkLimits(given: unknown): PolicyLimits {
  if (!isJsonObject(given)) throw invalid('The limits of a policy are an object', given);
  checkFields(given, policyLimitNames, 'The limits of a policy');
  const limits: { [Name in PolicyLimitName]?: PolicyLimit } = {};
  for (const name of policyLimitNames) {
    if (given[name] !== undefined) limits[name] = checkLimit(name, given[name]);
  }
  return limits;
}

function checkLimit(name: PolicyLimitName, given: unknown): PolicyLimit {
  if (!isJsonObject(given)) return checkMost(name, given);
  checkFields(given, ['most', 'action'], `The limit ${name}`);
  const { action } = given;
  return {
    most: checkMost(name, given['most']),
    ...(action === undefined ? {} : { action: checkAction(action) }),
  };
}

function checkMost(name: PolicyLimitName, given: unknown): number {
  if (typeof given !== 'number' || !Number.isFinite(given) || given < 0)
    throw invalid(`The limit ${name} is a finite number from 0`, given);
  if (counts.has(name) && !Number.isSafeInteger(given))
    throw invalid(`The limit ${name} is a whole number`, given);
  return given;
}

function checkRules(given: unknown): PolicyRules {
  if (!isJsonObject(given)) throw invalid('The rules of a policy are an object', given);
  checkFields(given, ruleLists, 'The rules of a policy');
  const rules: { -readonly [List in keyof PolicyRules]: PolicyRules[List] } = {};
  for (const list of ruleLists) {
    const entries: unknown = given[list];
    if (entries === undefined) continue;
    if (!Array.isArray(entries) || entries.length > mostRules)
      throw invalid(`\`${list}\` is a list of at most ${mostRules} rules`, entries);
    rules[list] = entries.map((entry: unknown) => {
      const { rule, action } = checkRule(entry);
      if (list === 'ask' && action !== undefined)
        throw new AsmError('invalid_input', 'A rule under `ask` has no `action`: asking is what it does.');
      if (list === 'allow' && rule.outside !== undefined)
        throw new AsmError('invalid_input', 'A rule under `allow` has no `outside`: deny what is `outside`.');
      return typeof entry === 'string' ? entry : { ...rule, ...(action === undefined ? {} : { action }) };
    });
  }
  return rules;
}

function checkNames(what: string, given: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [undefined];
  const words = names.flatMap((name) => (typeof name === 'string' && name.trim() !== '' ? [name] : []));
  if (words.length !== names.length) throw invalid(`${what} are a list of texts that aren't empty`, given);
  return words;
}

function checkAction(given: unknown): PolicyAction {
  const action = policyActions.find((known) => known === given);
  if (action !== undefined) return action;
  throw invalid(`An action is one of ${policyActions.join(', ')}`, given);
}

function checkFields(given: object, known: readonly string[], what: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new AsmError(
      'unknown_option',
      `${what} has no field ${JSON.stringify(name.slice(0, longestName))}. ${nearest === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(nearest)}?`}`,
      { details: { field: name.slice(0, longestName) } },
    );
  }
}

function invalid(what: string, given: unknown): AsmError {
  const shown = typeof given === 'string' ? JSON.stringify(given.slice(0, longestName)) : describe(given);
  return new AsmError('invalid_input', `${what}, not ${shown}.`);
}

function describe(given: unknown): string {
  if (given === undefined) return 'nothing';
  if (Array.isArray(given)) return given.length === 0 ? 'an empty list' : 'this list';
  if (typeof given === 'number' || typeof given === 'boolean') return String(given);
  return given === null ? 'null' : `a value of type ${typeof given}`;
}
