import type { Approval, ApprovalDecision } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import { isJsonObject, toJson, type JsonValue } from '../domain/json.ts';
import { decideByRules, formatToolRule, parseToolRule, type ToolRule } from '../domain/tool-rule.ts';

/** What is asked of a redactor. */
export interface SecretFinder {
  json(value: JsonValue): { readonly count: number };
  /** What stands in the place of secrets. */
  readonly placeholders: readonly string[];
}

/** The beginning of the mark after a text that was too long to be stored whole. */
export const cutMark = '… [cut: ';

/** Throws `invalid_input` for an answer that can't be taken to this question. */
export function checkDecision(
  approval: Approval,
  decision: ApprovalDecision,
  secrets: SecretFinder,
  now: number,
): void {
  const given: unknown = decision;
  if (!isJsonObject(given)) throw invalid('A decision is an object with `as`.');
  const isQuestion = approval.call.kind === 'question';
  switch (decision.as) {
    case 'allow':
      if (decision.input !== undefined) checkInput('input', decision.input, secrets);
      else if (isQuestion) throw invalid('A question of an agent needs answers: allowed alone, it has none.');
      return;
    case 'allow_session':
      if (isQuestion) throw invalid('A question of an agent is answered once.');
      return;
    case 'allow_pattern':
      if (isQuestion) throw invalid('A question of an agent is answered once.');
      checkPattern(approval, decision, secrets, now);
      return;
    case 'answer':
      if (!isQuestion) throw invalid(`${approval.call.name} asks for a permission, not for answers.`);
      checkInput('answers', decision.answers, secrets);
      return;
    case 'deny':
      return;
    default:
      throw invalid(
        'A decision is one of allow, allow_session, allow_pattern, answer and deny, under the name `as`.',
      );
  }
}

/** True when an input still has the place of a secret, or of a cut, where its content should be. */
export function hasPlaceholder(
  input: JsonValue,
  { placeholders }: Pick<SecretFinder, 'placeholders'>,
): boolean {
  const text = JSON.stringify(input);
  const marks = [...placeholders.filter((mark) => mark !== ''), cutMark];
  return marks.some((mark) => text.includes(JSON.stringify(mark).slice(1, -1)));
}

function checkInput(name: 'input' | 'answers', value: unknown, secrets: SecretFinder): void {
  if (!isJsonObject(value)) throw invalid(`The ${name} of a decision are a JSON object.`);
  const json = toJson(value);
  if (hasPlaceholder(json, secrets)) {
    throw invalid(
      `The ${name} still hold a placeholder of what was left out. Write what is to be there, or allow the call as it is.`,
    );
  }
  if (secrets.json(json).count > 0) {
    throw invalid(`The ${name} hold a secret, which would not be stored and so not reach the agent.`);
  }
}

function checkPattern(
  approval: Approval,
  { rule, until }: Extract<ApprovalDecision, { readonly as: 'allow_pattern' }>,
  secrets: SecretFinder,
  now: number,
): void {
  if (!Number.isSafeInteger(until) || until <= now) {
    throw invalid('`until` of a pattern is a time to come, in whole milliseconds since 1970.');
  }
  const given: unknown = rule;
  if (!isRule(given)) throw invalid('The `rule` of a pattern is a tool rule, such as { tool: "bash" }.');
  // The name of the tool has to be one that a rule can have.
  parseToolRule(formatToolRule({ tool: rule.tool }));
  if (secrets.json(toJson(given)).count > 0) throw invalid('The rule of a pattern holds a secret.');
  if (approval.partial === true) return;
  if (decideByRules(approval.call, { allow: [rule] }, { cwd: approval.cwd })?.decision === 'allow') return;
  throw invalid(`The rule ${formatToolRule(rule)} does not allow the call that it is to answer.`);
}

function isRule(value: unknown): value is ToolRule {
  if (!isJsonObject(value)) return false;
  const { tool, program = '', inside = '', arguments: words = [] } = value;
  const isText = (text: unknown): boolean => typeof text === 'string';
  return [tool, program, inside].every(isText) && Array.isArray(words) && words.every(isText);
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
