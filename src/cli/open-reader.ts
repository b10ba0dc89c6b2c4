import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import type { SharedOptions } from './shared-options.ts';
import { assertStoreExists, storeLocation } from './store-location.ts';

/**
 * Opens the manager for a command that runs no agent, on a store that has to be there: without the agents' code, most of
 * the time that such a command takes. Throws `store_not_found` when there is no such file.
 */
export async function openReader(options: SharedOptions): Promise<SessionManager> {
  assertStoreExists(options);
  return await createSessionManager({
    store: sqliteStore(storeLocation(options.store)),
    providers: [],
  });
}
