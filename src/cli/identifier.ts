import { AsmError } from '../domain/error.ts';

/** Says whether an argument names a session or a run. Throws `session_not_found` for anything else. */
export function kindOfId(text: string): 'session' | 'run' {
  if (text.startsWith('ses_')) return 'session';
  if (text.startsWith('run_')) return 'run';
  throw new AsmError(
    'session_not_found',
    `"${text.slice(0, 100)}" is no id: those of sessions begin with ses_, those of runs with run_. \`asm sessions\` lists them.`,
  );
}
