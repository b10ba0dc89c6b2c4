import { checkBudgets } from '../cost/budget-check.ts';
import { budgetScopes, type Budget, type BudgetThresholds } from '../cost/budget.ts';
import { AsmError } from '../domain/error.ts';
import { isJsonObject, type JsonValue } from '../domain/json.ts';

interface BudgetOptions {
  readonly budgets?: readonly Budget[];
}

/** The options with budgets of before in force, too, but for one whose name they have themselves. */
export function withBudgets<Options extends BudgetOptions>(
  options: Options,
  earlier: readonly Budget[] = [],
): Options {
  const { budgets } = options;
  if (budgets === undefined || budgets === earlier || earlier.length === 0)
    return earlier.length === 0 ? options : { ...options, budgets: earlier };
  const names = new Set(budgets.map(({ name }) => name));
  return { ...options, budgets: [...earlier.filter(({ name }) => !names.has(name)), ...budgets] };
}

/** The budgets that were stored with a run. Throws `invalid_operation` for what this version can't hold. */
export function storedBudgets(stored: JsonValue | undefined): BudgetOptions {
  if (stored === undefined) return {};
  const list: readonly JsonValue[] = Array.isArray(stored) ? stored : [];
  const budgets = list.map((budget) => storedBudget(budget));
  checkBudgets(budgets);
  return { budgets };
}

function storedBudget(stored: JsonValue): Budget {
  if (!isJsonObject(stored)) throw unreadable();
  const { name, per, only, window, usd, tokens, onUnpriced } = stored;
  const scope = budgetScopes.find((known) => known === per);
  if (typeof name !== 'string' || scope === undefined) throw unreadable();
  return {
    ...{ name, per: scope },
    ...(typeof only === 'string' ? { only } : {}),
    ...(typeof window === 'number' ? { window } : {}),
    ...(usd === undefined ? {} : { usd: storedThresholds(usd, isAmount) }),
    ...(tokens === undefined ? {} : { tokens: storedThresholds(tokens, isNumber) }),
    ...(onUnpriced === 'warn' ? { onUnpriced } : {}),
  };
}

function storedThresholds<Amount>(
  stored: JsonValue,
  isOne: (value: JsonValue | undefined) => value is Amount & JsonValue,
): BudgetThresholds<Amount> {
  if (!isJsonObject(stored)) throw unreadable();
  const { warn, hard } = stored;
  return { ...(isOne(warn) ? { warn } : {}), ...(isOne(hard) ? { hard } : {}) };
}

function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number';
}

function isAmount(value: JsonValue | undefined): value is string | number {
  return typeof value === 'string' || isNumber(value);
}

function unreadable(): AsmError {
  return new AsmError('invalid_operation', 'The budgets that are stored with the run can not be read.');
}
