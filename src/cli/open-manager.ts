import { existsSync } from 'node:fs';
import { AsmError } from '../domain/error.ts';
import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import type { Provider } from '../ports/provider.ts';
import { claude } from '../providers/claude/index.ts';
import { shell } from '../providers/shell/index.ts';
import { sqliteStore } from '../stores/sqlite/index.ts';
import { storeLocation } from './store-location.ts';

/** The providers of the command line. */
export function commandLineProviders(): readonly Provider[] {
  return [claude(), shell()] as readonly Provider[];
}

/**
 * Opens the manager on the store that was asked for. With `mustExist`, a missing file is an error
 * rather than a new store: nobody wants an empty list because of a typing mistake.
 */
export async function openManager(options: {
  readonly store?: string;
  readonly mustExist?: boolean;
}): Promise<SessionManager> {
  const location = storeLocation(options.store);
  if (options.mustExist === true && !existsSync(location)) {
    throw new AsmError(
      'session_not_found',
      `There is no store at ${location} yet. Start a run with \`asm run\`, or name another file with --store.`,
    );
  }
  return await createSessionManager({ store: sqliteStore(location), providers: commandLineProviders() });
}
