import type { Run } from '../domain/run.ts';
import { withBudgets } from './budget-options.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { policiesOf, withPolicies } from './policy-options.ts';
import type { PreparedRun } from './prepared-run.ts';
import type { CommonRunOptions } from './run-options.ts';
import { storedRunOptions } from './stored-run-options.ts';

/**
 * The options with which a run that was made before is executed here: those that it was made with, where that
 * was here (`known`), else what is stored of them; `given` ones go before either. But its policies stay in
 * force, those of this manager come to them, and its budgets stay but for one that is given again by its name.
 */
export function optionsAgain(
  environment: ManagerEnvironment,
  run: Run,
  known: PreparedRun | undefined,
  given: CommonRunOptions,
): CommonRunOptions {
  const made = known?.options ?? storedRunOptions(run, given);
  const held = withPolicies({ ...made, ...given }, environment.policies, policiesOf(made));
  return withBudgets(held, made.budgets);
}
