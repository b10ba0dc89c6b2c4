import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { RedactionRule } from '../redaction/redaction-rule.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import { budgetTexts, readBudgets } from './budget-option.ts';
import { providersFor } from './command-line-providers.ts';
import type { SharedOptions } from './shared-options.ts';
import { storeLocation } from './store-location.ts';

/** What a command needs of the manager that runs an agent for it. */
export interface ManagerNeeds {
  /** The name of the only provider that it is to have, as the store says; `undefined`: none. */
  readonly provider: (store: SessionStore) => Promise<string | undefined>;
  /** What is taken out of all that is stored, besides what always is. */
  readonly redaction?: readonly RedactionRule[];
}

/** Opens the manager on the store that was asked for, and makes the store if there is none. */
export async function openManager(
  options: SharedOptions,
  { provider, redaction: rules = [] }: ManagerNeeds,
): Promise<SessionManager> {
  const budgets = readBudgets(budgetTexts());
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await sqliteStore(storeLocation(options.store)));
  const name = await provider(store);
  const providers = name === undefined ? [] : await providersFor(name);
  // From here on the store is the manager's.
  opening.move();
  return await createSessionManager({ store, providers, budgets, redaction: { rules } });
}
