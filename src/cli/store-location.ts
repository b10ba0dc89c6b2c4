import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The file that holds the sessions: what was asked for, else `ASM_STORE`, else one in the user's state folder. */
export function storeLocation(asked: string | undefined): string {
  const named = asked ?? process.env['ASM_STORE'];
  if (named !== undefined && named !== '') return named;
  // A relative one is not valid, says the XDG Base Directory Specification, and has to be ignored.
  const state = process.env['XDG_STATE_HOME'] ?? '';
  const folder = isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return join(folder, 'agent-session-manager', 'sessions.db');
}
