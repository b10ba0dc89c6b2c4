import { AsmError } from '../domain/error.ts';
import { parseId, type RunId, type SessionId } from '../domain/id.ts';

/** A caller's text as the id of a session. Throws `session_not_found` for what can't be one. */
export function sessionIdOf(text: string): SessionId {
  const id = parseId('session', text);
  if (id !== undefined) return id;
  throw new AsmError(
    'session_not_found',
    `"${text.slice(0, 100)}" is not the id of a session: those begin with ses_.`,
  );
}

/** A caller's text as the id of a run. Throws `run_not_found` for what can't be one. */
export function runIdOf(text: string): RunId {
  const id = parseId('run', text);
  if (id !== undefined) return id;
  throw new AsmError(
    'run_not_found',
    `"${text.slice(0, 100)}" is not the id of a run: those begin with run_.`,
  );
}
