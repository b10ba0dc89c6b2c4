import { checkBudgets } from '../cost/budget-check.ts';
import { budgetExceeded, modelUnpriced } from '../cost/budget-error.ts';
import {
  budgetKeys,
  nothingSpent,
  reachedThresholds,
  type Budget,
  type CheckedBudget,
  type ReachedThreshold,
  type Spend,
} from '../cost/budget.ts';
import type { PriceBook } from '../cost/price-book.ts';
import { isSupported } from '../domain/capability.ts';
import type { Clock } from '../domain/clock.ts';
import type { AsmError } from '../domain/error.ts';
import type { EventDraft } from '../domain/event.ts';
import type { EventData } from '../domain/event-data.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { BudgetLedger, type BudgetAccount } from './budget-ledger.ts';
import type { GuardedRun, GuardMaker, RunCandidate, RunGuard } from './run-guard.ts';
import { spendOf, type SpendingRun } from './run-spend.ts';

interface BudgetParts {
  readonly budgets: readonly CheckedBudget[];
  readonly ledger: BudgetLedger;
  readonly prices: PriceBook;
}

interface BudgetTools {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly prices: PriceBook;
}

/**
 * Makes the guards that hold the budgets of the manager, and those that runs have of their own. Throws
 * `invalid_input` or `unknown_option`.
 */
export function budgetGuards(given: readonly Budget[] = [], tools: BudgetTools): readonly GuardMaker[] {
  const own = ownBudgetGuards(given, tools);
  if (given.length === 0) return [own];
  const parts = partsOf(given, tools);
  return [
    {
      admit: (candidate) => admit(candidate, parts, tools.clock),
      watch: (guarded) => new BudgetGuard(guarded, parts),
    },
    own,
  ];
}

/** Holds the budgets that runs were given; those that are the manager's, too, are held once. */
function ownBudgetGuards(held: readonly Budget[], tools: BudgetTools): GuardMaker {
  const once = new Set(held.map((budget) => JSON.stringify(budget)));
  // Of one list runs share the ledger, which sums up the store once.
  const known = new WeakMap<readonly Budget[], BudgetParts>();
  const ownParts = ({ options: { budgets } }: RunCandidate): BudgetParts | undefined => {
    if (budgets === undefined) return undefined;
    const own = budgets.filter((budget) => !once.has(JSON.stringify(budget)));
    if (own.length === 0) return undefined;
    const parts = known.get(budgets) ?? partsOf(own, tools);
    known.set(budgets, parts);
    return parts;
  };
  return {
    admit: async (candidate) => {
      const parts = ownParts(candidate);
      if (parts !== undefined) await admit(candidate, parts, tools.clock);
    },
    watch: (guarded) => {
      const parts = ownParts(guarded);
      return parts === undefined ? undefined : new BudgetGuard(guarded, parts);
    },
  };
}

function partsOf(given: readonly Budget[], { store, clock, prices }: BudgetTools): BudgetParts {
  const budgets = checkBudgets(given);
  const shared = budgets.filter(({ per }) => per !== 'run');
  return { budgets, prices, ledger: new BudgetLedger(store, clock, shared) };
}

/** Refuses a run that has nothing left to spend, or whose spending in dollars couldn't be told. */
async function admit(
  candidate: RunCandidate,
  { budgets, ledger, prices }: BudgetParts,
  clock: Clock,
): Promise<void> {
  const run = spendingRun(candidate, candidate.provider.name);
  const { model } = candidate.options;
  if (
    model !== undefined &&
    prices.judge(model, { provider: run.provider, at: clock.now() }) === 'unpriced'
  ) {
    const budget = dollarBudgets(budgets, run).find(({ onUnpriced }) => onUnpriced === 'end');
    if (budget !== undefined) throw modelUnpriced(budget, [model]);
  }
  await ledger.refresh(run.sessionId);
  const refusal = usedUp(ledger, ledger.accountsOf(run));
  if (refusal !== undefined) throw refusal;
  const candidates = candidate.provider.router?.candidates ?? [];
  const refusals = candidates.flatMap(({ name }) => providerUsedUp(ledger, run, name) ?? []);
  const [first] = refusals;
  if (first !== undefined && refusals.length === candidates.length) throw first;
}

/** The error of the first account from which nothing is left to spend. */
function usedUp(ledger: BudgetLedger, accounts: readonly BudgetAccount[]): AsmError | undefined {
  for (const account of accounts) {
    const [reached] = reachedThresholds(account.budget, ledger.spent(account));
    if (reached?.level === 'hard') return budgetExceeded(account.budget, account.key, reached);
  }
  return undefined;
}

/** The error of a provider whose own budget is used up. */
function providerUsedUp(ledger: BudgetLedger, run: SpendingRun, provider: string): AsmError | undefined {
  const accounts = ledger.accountsOf({ ...run, provider });
  return usedUp(
    ledger,
    accounts.filter(({ budget }) => budget.per === 'provider'),
  );
}

/** The budgets that end a run for dollars. */
function dollarBudgets(budgets: readonly CheckedBudget[], run: SpendingRun): readonly CheckedBudget[] {
  return budgets.filter((budget) => budget.usd.hard !== undefined && budgetKeys(budget, run).length > 0);
}

function spendingRun({ run, session }: RunCandidate, provider: string): SpendingRun {
  return { runId: run.id, sessionId: session.id, provider, tags: session.tags };
}

/** Holds one run to the budgets that it spends from. */
class BudgetGuard implements RunGuard {
  readonly #guarded: GuardedRun;
  readonly #parts: BudgetParts;
  #run: SpendingRun;
  #accounts: readonly BudgetAccount[] = [];
  #spent: Spend = nothingSpent;
  readonly #warned = new Set<string>();
  #isUnpricedTold = false;
  #hasBegun = false;
  #isOver = false;
  readonly #onSpend = (): void => this.#check();

  constructor(guarded: GuardedRun, parts: BudgetParts) {
    this.#guarded = guarded;
    this.#parts = parts;
    this.#run = spendingRun(guarded, guarded.provider.name);
    // Not before the run has begun: only then something can be recorded.
    parts.ledger.follow(this.#run, () => void (this.#hasBegun && this.begin()));
  }

  recall(draft: EventDraft): void {
    switch (draft.type) {
      case 'attempt_routed':
        this.#run = { ...this.#run, provider: draft.data.routedProvider };
        break;
      case 'token_usage_updated':
        this.#spent = spendOf(draft.data);
        break;
      case 'budget_warning_raised': {
        const { budget, key = '', unit } = draft.data;
        this.#warned.add(warningName(budget, key, unit));
        break;
      }
      case 'warning_raised':
        this.#isUnpricedTold ||= draft.data.code === 'model_unpriced';
        break;
      default:
    }
  }

  begin(): void {
    this.#hasBegun = true;
    if (this.#isOver) return;
    this.#join();
    this.#check();
  }

  see({ type, data }: EventDraft): void {
    switch (type) {
      case 'attempt_routed':
        this.#moveTo(data.routedProvider);
        break;
      case 'agent_started':
        this.#seeModel(data.model);
        break;
      case 'token_usage_updated':
        this.#seeUsage(data);
        break;
      default:
    }
  }

  refuses(provider: string): AsmError | undefined {
    return providerUsedUp(this.#parts.ledger, this.#run, provider);
  }

  end(): undefined {
    this.#isOver = true;
    this.#leave();
    this.#parts.ledger.release(this.#run);
  }

  #seeUsage(data: EventData['token_usage_updated']): void {
    this.#spent = spendOf(data);
    this.#parts.ledger.track(this.#run, this.#spent);
    this.#check();
    if (data.cost?.source === 'unpriced') this.#tellUnpriced(data.cost.unpriced ?? []);
  }

  #seeModel(model: string | undefined): void {
    if (model === undefined || model === '' || this.#tellsCost()) return;
    const when = { provider: this.#run.provider, at: this.#guarded.clock.now() };
    if (this.#parts.prices.judge(model, when) === 'unpriced') this.#tellUnpriced([model]);
  }

  /** True for an agent that tells costs itself: what it uses will show whether they are missing. */
  #tellsCost(): boolean {
    const { provider } = this.#guarded;
    const chosen = provider.router?.candidates.find(({ name }) => name === this.#run.provider) ?? provider;
    return isSupported(chosen.capabilities, 'cost_reported');
  }

  #tellUnpriced(models: readonly string[]): void {
    if (this.#isUnpricedTold || this.#isOver) return;
    const [budget, ...others] = dollarBudgets(this.#parts.budgets, this.#run);
    if (budget === undefined) return;
    this.#isUnpricedTold = true;
    const strict = [budget, ...others].find(({ onUnpriced }) => onUnpriced === 'end');
    const error = modelUnpriced(strict ?? budget, models);
    if (strict === undefined)
      this.#guarded.record({ type: 'warning_raised', data: { code: error.code, message: error.message } });
    else this.#guarded.stop(error);
  }

  #moveTo(provider: string): void {
    this.#run = { ...this.#run, provider };
    this.#join();
    this.#check();
  }

  #join(): void {
    this.#leave();
    this.#accounts = this.#parts.ledger.accountsOf(this.#run);
    for (const { listeners } of this.#accounts) listeners.add(this.#onSpend);
  }

  #leave(): void {
    for (const { listeners } of this.#accounts) listeners.delete(this.#onSpend);
  }

  #check(): void {
    if (this.#isOver) return;
    const { budgets, ledger } = this.#parts;
    for (const account of this.#accounts) this.#act(account.budget, account.key, ledger.spent(account));
    for (const budget of budgets) if (budget.per === 'run') this.#act(budget, '', this.#spent);
  }

  #act(budget: CheckedBudget, key: string, spend: Spend): void {
    const reached = reachedThresholds(budget, spend);
    for (const threshold of reached) if (threshold.level === 'warn') this.#warn(budget, key, threshold);
    const [first] = reached;
    if (first?.level === 'hard') this.#guarded.stop(budgetExceeded(budget, key, first));
  }

  #warn({ name }: CheckedBudget, key: string, { unit, spent, limit }: ReachedThreshold): void {
    const once = warningName(name, key, unit);
    if (this.#warned.has(once)) return;
    this.#warned.add(once);
    this.#guarded.record({
      type: 'budget_warning_raised',
      data: { budget: name, ...(key === '' ? {} : { key }), unit, spent, limit },
    });
  }
}

function warningName(budget: string, key: string, unit: string): string {
  return `${budget}\n${key}\n${unit}`;
}
