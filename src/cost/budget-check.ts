import { AsmError } from '../domain/error.ts';
import { moneyFromNumber, parseMoney, type Money } from '../domain/money.ts';
import { budgetScopes, type Budget, type BudgetThresholds, type CheckedBudget } from './budget.ts';
import { assertOptionNames } from '../domain/option-names.ts';

const budgetFields = ['name', 'per', 'only', 'window', 'usd', 'tokens', 'onUnpriced'] as const;

/** Reads budgets as callers give them. Throws `invalid_input` or `unknown_option` for what can't be held. */
export function checkBudgets(budgets: readonly Budget[]): readonly CheckedBudget[] {
  const given: unknown = budgets;
  if (!Array.isArray(given)) throw invalid('`budgets` is a list.');
  const names = new Set<string>();
  return budgets.map((budget) => {
    const checked = checkBudget(budget);
    if (names.has(checked.name)) throw invalid(`Two budgets are named "${checked.name}".`);
    names.add(checked.name);
    return checked;
  });
}

function checkBudget(budget: Budget): CheckedBudget {
  assertFields('A budget', budget, budgetFields);
  const { name, per, only, window, onUnpriced = 'end' } = budget;
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
    throw invalid('A budget has a `name` of 1 to 200 characters.');
  const what = `The budget "${name}"`;
  if (!budgetScopes.includes(per))
    throw invalid(`${what} is \`per\` one of ${budgetScopes.join(', ')}, not ${JSON.stringify(per)}.`);
  if (
    only !== undefined &&
    ((per !== 'tag' && per !== 'provider') || typeof only !== 'string' || only === '')
  )
    throw invalid(`${what}: \`only\` names a tag or a provider, of a budget per tag or per provider.`);
  if (window !== undefined && (!Number.isSafeInteger(window) || window < 1))
    throw invalid(`${what} has a \`window\` of ${String(window)}; it is whole milliseconds from 1.`);
  if (window !== undefined && per === 'run')
    throw invalid(`${what} is per run: what a run spends is counted from its start, without a \`window\`.`);
  if (onUnpriced !== 'end' && onUnpriced !== 'warn')
    throw invalid(`${what}: \`onUnpriced\` is end or warn, not ${JSON.stringify(onUnpriced)}.`);
  const usd = thresholds(what, 'usd', budget.usd, money);
  const tokens = thresholds(what, 'tokens', budget.tokens, count);
  if ([usd.warn, usd.hard, tokens.warn, tokens.hard].every((limit) => limit === undefined))
    throw invalid(`${what} limits nothing: give \`usd\` or \`tokens\` a \`warn\` or \`hard\` threshold.`);
  return { name, per, only, window, usd, tokens, onUnpriced };
}

function thresholds<Given, Amount extends number | bigint>(
  what: string,
  unit: string,
  given: BudgetThresholds<Given> | undefined,
  read: (amount: unknown) => Amount | undefined,
): BudgetThresholds<Amount> {
  if (given === undefined) return {};
  assertFields(`${what}: \`${unit}\``, given, ['warn', 'hard']);
  const amount = (level: 'warn' | 'hard'): Amount | undefined => {
    if (given[level] === undefined) return undefined;
    const found = read(given[level]);
    if (found !== undefined && found > 0) return found;
    throw invalid(`${what}: \`${unit}.${level}\` is an amount above 0, not ${shown(given[level])}.`);
  };
  const [warn, hard] = [amount('warn'), amount('hard')];
  if (warn !== undefined && hard !== undefined && warn > hard)
    throw invalid(
      `${what} warns at ${warn} ${unit}, after it has ended the run: \`warn\` is at most \`hard\`.`,
    );
  return { ...(warn === undefined ? {} : { warn }), ...(hard === undefined ? {} : { hard }) };
}

function money(amount: unknown): Money | undefined {
  if (typeof amount === 'string') return parseMoney(amount);
  return typeof amount === 'number' ? moneyFromNumber(amount) : undefined;
}

function count(amount: unknown): number | undefined {
  return typeof amount === 'number' && Number.isSafeInteger(amount) ? amount : undefined;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function assertFields(what: string, value: object, names: readonly string[]): void {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid(`${what} is an object.`);
  assertOptionNames(what, value, names);
}

function invalid(message: string): AsmError {
  return new AsmError('invalid_input', message);
}
