import {
  addSpend,
  budgetKeys,
  nothingSpent,
  reachedThresholds,
  type CheckedBudget,
  type Spend,
} from '../cost/budget.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { spendingRuns, type CountedRun } from './run-spend.ts';

/** One part of a budget: all of it, or that of a session, tag or provider. */
export interface BudgetState {
  readonly budget: CheckedBudget;
  /** The session, tag or provider; empty for a budget of everything, and where nothing has been spent. */
  readonly key: string;
  readonly spent: Spend;
  readonly state: 'open' | 'warned' | 'used_up';
}

/** What was spent by one provider, one tag, one session, or in all. */
export interface SpentBy {
  readonly per: 'everything' | 'provider' | 'tag' | 'session';
  readonly key: string;
  readonly runs: number;
  readonly spent: Spend;
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
  const within = (window: number | undefined): readonly CountedRun[] =>
    window === undefined ? runs : runs.filter(({ endedAt = now }) => endedAt > now - window);
  return {
    budgets: (budgets) => budgets.flatMap((budget) => statesOf(budget, within(budget.window))),
    spent(window) {
      const chosen = within(window);
      const all = chosen.reduce((sum, run) => addSpend(sum, run.spent), nothingSpent);
      return [
        { per: 'everything', key: '', runs: chosen.length, spent: all },
        ...spentBy(chosen, 'provider', ({ provider }) => [provider]),
        ...spentBy(chosen, 'tag', ({ tags }) => tags),
        ...spentBy(chosen, 'session', ({ sessionId }) => [sessionId]),
      ];
    },
  };
}

/** A budget of each run is one line: what it says holds for every run to come. */
function statesOf(budget: CheckedBudget, runs: readonly CountedRun[]): readonly BudgetState[] {
  const keys = sumByKey(budget.per === 'run' ? [] : runs, (run) => budgetKeys(budget, run));
  if (keys.size === 0) keys.set(budget.only ?? '', { runs: 0, spent: nothingSpent });
  return [...keys].map(([key, { spent }]) => {
    const [reached] = reachedThresholds(budget, spent);
    const state = reached === undefined ? 'open' : reached.level === 'hard' ? 'used_up' : 'warned';
    return { budget, key, spent, state };
  });
}

function spentBy(
  runs: readonly CountedRun[],
  per: SpentBy['per'],
  keys: (run: CountedRun) => readonly string[],
): readonly SpentBy[] {
  return [...sumByKey(runs, keys)]
    .map(([key, sum]) => ({ per, key, ...sum }))
    .toSorted((first, second) => {
      if (first.spent.usd !== second.spent.usd) return first.spent.usd > second.spent.usd ? -1 : 1;
      return second.spent.tokens - first.spent.tokens;
    });
}

function sumByKey(
  runs: readonly CountedRun[],
  keysOf: (run: CountedRun) => readonly string[],
): Map<string, { readonly runs: number; readonly spent: Spend }> {
  const sums = new Map<string, { readonly runs: number; readonly spent: Spend }>();
  for (const run of runs) {
    for (const key of new Set(keysOf(run))) {
      const { runs: count, spent } = sums.get(key) ?? { runs: 0, spent: nothingSpent };
      sums.set(key, { runs: count + 1, spent: addSpend(spent, run.spent) });
    }
  }
  return sums;
}
