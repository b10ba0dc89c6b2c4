import { randomBytes } from 'node:crypto';
import { timeSortedIds } from '../domain/id.ts';
import type { RunRequest } from '../ports/provider.ts';

/** Makes a complete request for one attempt: a new session, run and cookie, default permissions, a prompt. */
export function createRunRequest<Native extends object = object>(
  fields: Pick<RunRequest<Native>, 'cwd'> & Partial<RunRequest<Native>> & { readonly text?: string },
): RunRequest<Native> {
  const { text, ...rest } = fields;
  return {
    sessionId: timeSortedIds('session'),
    runId: timeSortedIds('run'),
    attempt: 1,
    messages: [{ role: 'user', text: text ?? 'Do what the script says.' }],
    permissionMode: 'default',
    cookie: randomBytes(16).toString('hex'),
    trustProject: false,
    ...rest,
  };
}
