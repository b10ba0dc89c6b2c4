import type { Budget } from '../cost/budget.ts';
import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import type { Provider } from '../ports/provider.ts';
import { acp, acpPresets } from '../providers/acp/index.ts';
import { amp } from '../providers/amp/index.ts';
import { claude } from '../providers/claude/index.ts';
import { codex } from '../providers/codex/index.ts';
import { shell } from '../providers/shell/index.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import type { SharedOptions } from './shared-options.ts';
import { budgetTexts, readBudgets } from './budget-option.ts';
import { assertStoreExists, storeLocation } from './store-location.ts';

/** The providers of the command line: the agents that it knows, those that speak ACP by their presets' names. */
export function commandLineProviders(): readonly Provider[] {
  const presets = Object.keys(acpPresets).flatMap((name) => (isPreset(name) ? acp({ preset: name }) : []));
  return [claude(), codex(), amp(), ...presets, shell()] as readonly Provider[];
}

function isPreset(name: string): name is keyof typeof acpPresets {
  return Object.hasOwn(acpPresets, name);
}

/** Opens the manager on the store that was asked for, and makes the store if there is none. Holds runs to `budgets`. */
export async function openManager(
  options: SharedOptions,
  budgets: readonly Budget[] = readBudgets(budgetTexts()),
): Promise<SessionManager> {
  const location = storeLocation(options.store);
  return await createSessionManager({
    store: sqliteStore(location),
    providers: commandLineProviders(),
    budgets,
  });
}

/** The same for a store that has to be there: throws `store_not_found` when there is no such file. */
export async function openExisting(
  options: SharedOptions,
  budgets: readonly Budget[] = readBudgets(budgetTexts()),
): Promise<SessionManager> {
  assertStoreExists(options);
  return await openManager(options, budgets);
}
