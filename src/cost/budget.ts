import { formatMoney, type Money } from '../domain/money.ts';

/** Whose spending a budget counts together. */
export const budgetScopes = ['run', 'session', 'tag', 'provider', 'everything'] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** How much may be spent. Each budget has one at least. */
export interface BudgetThresholds<Amount> {
  /** From here on `budget_warning_raised` tells it, once in each run. */
  readonly warn?: Amount;
  /** From here on no run starts, and those that run end with `budget_exceeded`. */
  readonly hard?: Amount;
}

/** A limit of what runs may spend, over all processes that share the store. */
export interface Budget {
  /** Names it in errors and events. */
  readonly name: string;
  /** `run`: each run has it for itself; `session`, `tag` and `provider` likewise; `everything`: all share it. */
  readonly per: BudgetScope;
  /** For `tag` and `provider`: only this one has a budget. Default: each has its own. */
  readonly only?: string;
  /** Counts what was spent in so many milliseconds up to now. Default: all that ever was. */
  readonly window?: number;
  /** US dollars, as text or number. */
  readonly usd?: BudgetThresholds<string | number>;
  /** Tokens of all classes. */
  readonly tokens?: BudgetThresholds<number>;
  /**
   * What becomes of a run whose model has no price, so that dollars can't be held. `end` (default): it is
   * refused, or ended when that shows; with `warn` it goes on, and its tokens cost nothing here.
   */
  readonly onUnpriced?: 'end' | 'warn';
}

/** Money and tokens. */
export interface Spend {
  readonly usd: Money;
  readonly tokens: number;
}

export const nothingSpent: Spend = { usd: 0n, tokens: 0 };

export function addSpend(first: Spend, second: Spend): Spend {
  return { usd: first.usd + second.usd, tokens: first.tokens + second.tokens };
}

export function subtractSpend(first: Spend, second: Spend): Spend {
  return { usd: first.usd - second.usd, tokens: first.tokens - second.tokens };
}

/** A budget as it was checked. */
export interface CheckedBudget {
  readonly name: string;
  readonly per: BudgetScope;
  readonly only: string | undefined;
  readonly window: number | undefined;
  readonly usd: BudgetThresholds<Money>;
  readonly tokens: BudgetThresholds<number>;
  readonly onUnpriced: 'end' | 'warn';
}

/** What a run has to do with budgets. */
export interface BudgetedRun {
  readonly runId: string;
  readonly sessionId: string;
  readonly provider: string;
  readonly tags: readonly string[];
}

/** The parts of a budget that a run spends from: by run, session, tag or provider; none if it is not concerned. */
export function budgetKeys(budget: CheckedBudget, run: BudgetedRun): readonly string[] {
  const { per, only } = budget;
  const chosen = (names: readonly string[]): readonly string[] =>
    only === undefined ? [...new Set(names)] : names.includes(only) ? [only] : [];
  switch (per) {
    case 'run':
      return [run.runId];
    case 'session':
      return [run.sessionId];
    case 'tag':
      return chosen(run.tags);
    case 'provider':
      return chosen([run.provider]);
    case 'everything':
      return [''];
  }
}

/** A threshold that spending has reached. */
export interface ReachedThreshold {
  readonly level: 'warn' | 'hard';
  readonly unit: 'usd' | 'tokens';
  /** Decimal numbers. */
  readonly spent: string;
  readonly limit: string;
}

/** The thresholds that were reached, the hard ones first. */
export function reachedThresholds(budget: CheckedBudget, spend: Spend): readonly ReachedThreshold[] {
  const reached: ReachedThreshold[] = [];
  for (const level of ['hard', 'warn'] as const) {
    const usd = budget.usd[level];
    if (usd !== undefined && spend.usd >= usd)
      reached.push({ level, unit: 'usd', spent: formatMoney(spend.usd), limit: formatMoney(usd) });
    const tokens = budget.tokens[level];
    if (tokens !== undefined && spend.tokens >= tokens)
      reached.push({ level, unit: 'tokens', spent: String(spend.tokens), limit: String(tokens) });
  }
  return reached;
}
