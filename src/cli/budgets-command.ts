import { subtractSpend, type CheckedBudget, type Spend } from '../cost/budget.ts';
import { AsmError } from '../domain/error.ts';
import { formatMoney } from '../domain/money.ts';
import { partsOf } from '../manager/manager-parts.ts';
import { readSpending, type BudgetState, type SpentBy } from '../manager/spending.ts';
import { budgetTexts, checkedBudgets } from './budget-option.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import { recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth, renderTable } from './table.ts';
import { spanOf } from './time-span.ts';
import { duration } from './time-text.ts';

interface BudgetsOptions extends SharedOptions {
  readonly budget?: readonly string[];
  readonly in?: string;
}

/** Sessions that are shown to people; JSON has all. */
const mostSessions = 10;

/** `asm budgets` */
export async function budgetsCommand(options: BudgetsOptions): Promise<void> {
  const budgets = checkedBudgets(budgetTexts(options.budget));
  const { in: span = 'day' } = options;
  const window = readWindow(span);
  await using manager = await openReader(options);
  await recoverRuns(manager, options);
  const { store, clock } = partsOf(manager).environment;
  const spending = await readSpending(store, clock.now());
  const [states, spent] = [spending.budgets(budgets), spending.spent(window)];
  if (options.json === true) {
    for (const state of states) await writeJson({ type: 'budget', ...jsonOfState(state) });
    for (const { spent: sum, ...rest } of spent)
      await writeJson({ type: 'spent', in: span, ...rest, ...jsonOfSpend(sum) });
    return;
  }
  await write(
    states.length === 0
      ? 'No budget is set. Set some: export ASM_BUDGETS="everything=50/day run=2", or asm run --budget run=2\n'
      : `${stateTable(states)}\n`,
  );
  const unpriced = spent.find(({ per }) => per === 'everything')?.unpricedRuns ?? 0;
  if (unpriced > 0)
    process.stderr.write(
      `${unpriced === 1 ? 'A run' : `${unpriced} runs`} used models without a known price; budgets in tokens count all.\n`,
    );
  const sessions = spent.filter(({ per }) => per === 'session');
  const shown = spent.filter((row) => row.per !== 'session' || sessions.indexOf(row) < mostSessions);
  await write(
    `\nSpent ${span === 'all' ? 'so far' : `in the last ${duration(window ?? 0)}`}:\n${spentTable(shown)}\n`,
  );
  if (sessions.length > mostSessions)
    process.stderr.write(`${sessions.length - mostSessions} more sessions: asm budgets --json\n`);
}

function readWindow(span: string): number | undefined {
  const window = spanOf(span);
  if (window !== undefined || span === 'all') return window;
  throw new AsmError(
    'invalid_input',
    `--in is hour, day, week, all, or a length such as 30m, 2h or 7d, not "${span.slice(0, 100)}".`,
  );
}

function stateTable(states: readonly BudgetState[]): string {
  return renderTable<BudgetState>(
    states,
    [
      { title: 'BUDGET', value: ({ budget }) => budget.name, flexible: true },
      { title: 'PER', value: ({ budget }) => budget.per, leaveOut: 1 },
      { title: 'OF', value: ({ key }) => key, flexible: true },
      {
        title: 'WINDOW',
        value: ({ budget: { window } }) => (window === undefined ? '–' : duration(window)),
        leaveOut: 2,
      },
      { title: 'LIMIT', value: ({ budget }) => amountText(budget, limitOf(budget)), align: 'right' },
      { title: 'USED', value: (state) => ofRuns(state, state.spent), align: 'right' },
      {
        title: 'LEFT',
        value: (state) => ofRuns(state, subtractSpend(limitOf(state.budget), state.spent)),
        align: 'right',
        leaveOut: 3,
      },
      { title: 'STATE', value: ({ state }) => (state === 'used_up' ? 'used up' : state) },
    ],
    outputWidth(),
  );
}

/** What each run has for itself isn't used by the others. */
function ofRuns({ budget }: BudgetState, spend: Spend): string {
  return budget.per === 'run' ? '–' : amountText(budget, spend);
}

function spentTable(spent: readonly SpentBy[]): string {
  return renderTable<SpentBy>(
    spent,
    [
      // Never cut: an id is for copying.
      { title: 'OF', value: ({ per, key }) => (key === '' ? per : key) },
      { title: 'PER', value: ({ per, key }) => (key === '' ? '' : per) },
      { title: 'RUNS', value: ({ runs }) => String(runs), align: 'right', unit: 'run', leaveOut: 1 },
      { title: 'TOKENS', value: ({ spent: { tokens } }) => String(tokens), align: 'right', unit: 'token' },
      { title: 'COST', value: spentText, align: 'right' },
    ],
    outputWidth(),
  );
}

/** `≥` where only a part is known. */
function spentText({ spent: { usd }, unpricedRuns }: SpentBy): string {
  if (unpricedRuns === 0) return `$${formatMoney(usd)}`;
  return usd === 0n ? 'unpriced' : `≥ $${formatMoney(usd)}`;
}

/** Budgets of the command line have one limit, which ends runs. */
function limitOf({ usd, tokens }: CheckedBudget): Spend {
  return { usd: usd.hard ?? 0n, tokens: tokens.hard ?? 0 };
}

function amountText({ usd }: CheckedBudget, spend: Spend): string {
  if (usd.hard === undefined) return `${Math.max(0, spend.tokens)} tokens`;
  return `$${formatMoney(spend.usd < 0n ? 0n : spend.usd)}`;
}

function jsonOfState({ budget, key, spent, state }: BudgetState): object {
  const { name, per, only, window } = budget;
  const left = subtractSpend(limitOf(budget), spent);
  const unit = budget.usd.hard === undefined ? 'tokens' : 'usd';
  const each = per === 'run' ? {} : { used: jsonOfSpend(spent)[unit], left: jsonOfSpend(left)[unit] };
  return {
    ...{ name, per, unit },
    ...(key === '' ? {} : { key }),
    ...(only === undefined ? {} : { only }),
    ...(window === undefined ? {} : { window }),
    limit: jsonOfSpend(limitOf(budget))[unit],
    ...each,
    state,
  };
}

function jsonOfSpend({ usd, tokens }: Spend): { readonly usd: string; readonly tokens: number } {
  return { usd: formatMoney(usd < 0n ? 0n : usd), tokens: Math.max(0, tokens) };
}
