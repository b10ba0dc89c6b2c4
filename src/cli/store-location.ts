import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AsmError } from '../domain/error.ts';
import type { SharedOptions } from './shared-options.ts';

/** The file that holds the sessions: what was asked for, else `ASM_STORE`, else one in the user's state folder. */
export function storeLocation(asked: string | undefined): string {
  const named = asked ?? process.env['ASM_STORE'];
  if (named !== undefined && named !== '') return named;
  // A relative one is not valid, says the XDG Base Directory Specification, and has to be ignored.
  const state = process.env['XDG_STATE_HOME'] ?? '';
  const folder = isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return join(folder, 'agent-session-manager', 'sessions.db');
}

/** Throws `store_not_found` when there is no such file: nobody wants an empty list because of a typing mistake. */
export function assertStoreExists(options: SharedOptions): void {
  const location = storeLocation(options.store);
  if (existsSync(location)) return;
  throw new AsmError(
    'store_not_found',
    `There is no store at ${location} yet. Start a run with \`asm run\`, or name another file with --store.`,
  );
}
