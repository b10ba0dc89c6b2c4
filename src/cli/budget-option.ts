import { checkBudgets } from '../cost/budget-check.ts';
import type { Budget, CheckedBudget } from '../cost/budget.ts';
import { AsmError, isAsmError } from '../domain/error.ts';
import { parseMoney } from '../domain/money.ts';
import { didYouMean } from '../domain/nearest-name.ts';
import { providerNames } from './command-line-providers.ts';
import { spanOf } from './time-span.ts';

const scopes = ['run', 'session', 'tag', 'provider', 'everything'] as const;

/**
 * Budgets as texts: those of the variable `ASM_BUDGETS`, with blanks between them, and those of `--budget`.
 * Throws `invalid_input` for one of the variable that is none.
 */
export function budgetTexts(given: readonly string[] = []): readonly string[] {
  const everywhere = (process.env['ASM_BUDGETS'] ?? '').split(/\s+/).filter((text) => text !== '');
  for (const text of everywhere) checkVariable(text);
  return [...new Set([...everywhere, ...given])];
}

/** Nobody who gives no budget would look for one: the error says where it comes from. */
function checkVariable(text: string): void {
  try {
    readBudgets([text]);
  } catch (thrown) {
    if (!isAsmError(thrown)) throw thrown;
    throw new AsmError(thrown.code, `In the variable ASM_BUDGETS: ${thrown.message}`, { cause: thrown });
  }
}

/**
 * The budgets of a run. A mistyped provider would hold nothing, so it is refused; `ASM_BUDGETS` and `asm budgets` may
 * name those of other programs on the same store.
 */
export function readRunBudgets(texts: readonly string[]): readonly Budget[] {
  for (const text of texts) checkProvider(text);
  return readBudgets([...new Set(texts)]);
}

function checkProvider(text: string): void {
  const { per, only } = readBudget(text);
  if (per !== 'provider' || only === undefined) return;
  const names = providerNames();
  if (names.includes(only)) return;
  throw invalid(
    text,
    `Its provider is one of ${names.join(', ')}, not "${only.slice(0, 100)}".${didYouMean(only, names)}`,
  );
}

/** Reads budgets such as `run=0.50` and `tag:nightly=5/day`. Throws `invalid_input` for what is none. */
export function readBudgets(texts: readonly string[]): readonly Budget[] {
  const budgets = texts.map((text) => readBudget(text));
  checkBudgets(budgets);
  return budgets;
}

/** The same as they are held. */
export function checkedBudgets(texts: readonly string[]): readonly CheckedBudget[] {
  return checkBudgets(readBudgets(texts));
}

function readBudget(text: string): Budget {
  const [, whose = '', amount = '', span] = /^([^=]*)=([^/]*)(?:\/(.*))?$/.exec(text) ?? [];
  if (amount === '')
    throw invalid(text, 'It is <scope>=<limit>, and perhaps /<window>: run=0.50 or everything=50/day.');
  const [scope = '', ...rest] = whose.split(':');
  const per = scopes.find((known) => known === scope);
  const only = rest.join(':');
  if (per === undefined) {
    throw invalid(
      text,
      `Its scope is one of ${scopes.join(', ')}, tag:<name>, provider:<name>, not "${scope.slice(0, 100)}".${didYouMean(scope, scopes)}`,
    );
  }
  const window = span === undefined ? undefined : spanOf(span);
  if (span !== undefined && window === undefined)
    throw invalid(
      text,
      `Its window is hour, day, week, or a length such as 30m, 2h or 7d, not "${span.slice(0, 100)}".`,
    );
  return {
    ...{ name: text, per, ...limitOf(text, amount) },
    ...(rest.length === 0 ? {} : { only }),
    ...(window === undefined ? {} : { window }),
  };
}

function limitOf(text: string, amount: string): Pick<Budget, 'usd' | 'tokens'> {
  const [, count] = /^(\d{1,15})tokens$/.exec(amount) ?? [];
  if (count !== undefined) return { tokens: { hard: Number(count) } };
  if (parseMoney(amount) !== undefined) return { usd: { hard: amount } };
  throw invalid(
    text,
    `Its limit is in US dollars, such as 0.50, or in tokens, such as 200000tokens, not "${amount.slice(0, 100)}".`,
  );
}

function invalid(text: string, why: string): AsmError {
  return new AsmError('invalid_input', `"${text.slice(0, 100)}" is no budget. ${why}`);
}
