import {
  addSpend,
  budgetKeys,
  nothingSpent,
  reachedThresholds,
  type CheckedBudget,
  type Spend,
} from '../cost/budget.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { spendingRuns, type StoredSpending } from './run-spend.ts';

/** One part of a budget: all of it, or that of a session, tag or provider. */
export interface BudgetState {
  readonly budget: CheckedBudget;
  /** The session, tag or provider; empty for a budget of everything, and where nothing has been spent. */
  readonly key: string;
  readonly spent: Spend;
  readonly state: 'open' | 'warned' | 'used_up';
}

/** What was spent by one provider, one tag, one session, or in all. */
export interface SpentBy extends RunSum {
  readonly per: 'everything' | 'provider' | 'tag' | 'session';
  readonly key: string;
}

interface RunSum {
  readonly runs: number;
  readonly spent: Spend;
  /** How many of the runs have tokens without a price: with them it cost `spent.usd` or more. */
  readonly unpricedRuns: number;
}

const noRuns: RunSum = { runs: 0, spent: nothingSpent, unpricedRuns: 0 };

function addRun({ runs, spent, unpricedRuns }: RunSum, run: StoredSpending): RunSum {
  return {
    runs: runs + 1,
    spent: addSpend(spent, run.spent),
    unpricedRuns: unpricedRuns + (run.unpriced ? 1 : 0),
  };
}

/** All runs of a store by what they have spent, when they ended; those that run count as of now. */
export interface Spending {
  budgets(budgets: readonly CheckedBudget[]): readonly BudgetState[];
  /** Of runs that ended in so many milliseconds up to now, or that run; `undefined`: of all. */
  spent(window: number | undefined): readonly SpentBy[];
}

/** Reads what all runs of a store have spent. */
export async function readSpending(store: SessionStore, now: number): Promise<Spending> {
  const runs = [...(await spendingRuns(store, undefined, { tags: true })).values()];
  const within = (window: number | undefined): readonly StoredSpending[] =>
    window === undefined ? runs : runs.filter(({ endedAt = now }) => endedAt > now - window);
  return {
    budgets: (budgets) => budgets.flatMap((budget) => statesOf(budget, within(budget.window))),
    spent(window) {
      const chosen = within(window);
      return [
        { per: 'everything', key: '', ...chosen.reduce(addRun, noRuns) },
        ...spentBy(chosen, 'provider', ({ provider }) => [provider]),
        ...spentBy(chosen, 'tag', ({ tags }) => tags),
        ...spentBy(chosen, 'session', ({ sessionId }) => [sessionId]),
      ];
    },
  };
}

/** A budget of each run is one line: what it says holds for every run to come. */
function statesOf(budget: CheckedBudget, runs: readonly StoredSpending[]): readonly BudgetState[] {
  const keys = sumByKey(budget.per === 'run' ? [] : runs, (run) => budgetKeys(budget, run));
  if (keys.size === 0) keys.set(budget.only ?? '', noRuns);
  return [...keys].map(([key, { spent }]) => {
    const [reached] = reachedThresholds(budget, spent);
    const state = reached === undefined ? 'open' : reached.level === 'hard' ? 'used_up' : 'warned';
    return { budget, key, spent, state };
  });
}

function spentBy(
  runs: readonly StoredSpending[],
  per: SpentBy['per'],
  keys: (run: StoredSpending) => readonly string[],
): readonly SpentBy[] {
  return [...sumByKey(runs, keys)]
    .map(([key, sum]) => ({ per, key, ...sum }))
    .toSorted((first, second) => {
      if (first.spent.usd !== second.spent.usd) return first.spent.usd > second.spent.usd ? -1 : 1;
      return second.spent.tokens - first.spent.tokens;
    });
}

function sumByKey(
  runs: readonly StoredSpending[],
  keysOf: (run: StoredSpending) => readonly string[],
): Map<string, RunSum> {
  const sums = new Map<string, RunSum>();
  for (const run of runs) {
    for (const key of new Set(keysOf(run))) sums.set(key, addRun(sums.get(key) ?? noRuns, run));
  }
  return sums;
}
