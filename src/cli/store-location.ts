import { homedir } from 'node:os';
import { join } from 'node:path';

/** The file that holds the sessions: what was asked for, else `ASM_STORE`, else one in the user's state folder. */
export function storeLocation(asked: string | undefined): string {
  const named = asked ?? process.env['ASM_STORE'];
  if (named !== undefined && named !== '') return named;
  const state = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(state, 'agent-session-manager', 'sessions.db');
}
