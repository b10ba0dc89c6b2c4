import { AsmError } from '../domain/error.ts';
import { timeWords } from '../domain/time-words.ts';
import type { CheckedBudget, ReachedThreshold } from './budget.ts';

/** The error of a run that may not start, or not go on, since a budget is used up. */
export function budgetExceeded(
  budget: CheckedBudget,
  key: string,
  { unit, spent, limit }: ReachedThreshold,
): AsmError {
  const { name, per, window } = budget;
  const whose = key === '' || per === 'run' ? '' : ` of the ${per} ${key}`;
  const amount = unit === 'usd' ? `$${spent} of $${limit}` : `${spent} of ${limit} tokens`;
  const span = window === undefined ? '' : ` in the last ${timeWords(window)}`;
  return new AsmError('budget_exceeded', `The budget "${name}"${whose} is used up: ${amount}${span}.`, {
    details: { budget: name, per, ...(key === '' ? {} : { key }), unit, spent, limit },
  });
}

/** The error of a run for whose model a budget in dollars can't be held. */
export function modelUnpriced(budget: CheckedBudget, models: readonly string[]): AsmError {
  const names = models.map((model) => `"${model.slice(0, 200)}"`).join(', ');
  return new AsmError(
    'model_unpriced',
    `The budget "${budget.name}" can't be held in dollars: there is no price for ${names}. Give one in \`prices\`, or let the budget warn only (\`onUnpriced\`).`,
    { details: { budget: budget.name, models: [...models] } },
  );
}
