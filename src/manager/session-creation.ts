import { isAbsolute, resolve } from 'node:path';
import { AsmError } from '../domain/error.ts';
import { parseId, type SessionId } from '../domain/id.ts';
import { isJsonObject } from '../domain/json.ts';
import type { Session } from '../domain/session.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import { findProvider, type ManagerEnvironment } from './manager-environment.ts';
import type { SessionOptions } from './manager-options.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { assertWorkingFolder } from '../process/working-folder.ts';

const optionNames = [
  'provider',
  'cwd',
  'title',
  'systemPrompt',
  'tags',
  'metadata',
  'id',
] as const satisfies readonly (keyof SessionOptions)[];

/** A session that is to be stored: its row and its first event. */
export interface NewSession {
  readonly session: Session;
  readonly event: NewEvent;
}

/**
 * Writes a pending session and its first event. Throws for unknown options and unknown providers, and for a given
 * folder that is not there: its runs could not start. That of a fork was there once, and its runs may have others.
 */
export async function createSession(
  environment: ManagerEnvironment,
  options: SessionOptions,
  forkedFrom?: Session['forkedFrom'],
): Promise<SessionId> {
  const { session, event } = newSession(environment, options, forkedFrom);
  if (session.cwd !== undefined && forkedFrom === undefined) assertWorkingFolder(session.cwd);
  await environment.log.commit({ sessionId: session.id, session: { create: session }, events: [event] });
  return session.id;
}

/** Makes a pending session; nothing is written. */
export function newSession(
  environment: ManagerEnvironment,
  options: SessionOptions,
  forkedFrom?: Session['forkedFrom'],
): NewSession {
  assertOptionNames('A session', options, optionNames);
  const provider: unknown = options.provider;
  if (provider !== undefined && typeof provider !== 'string')
    throw new AsmError(
      'invalid_input',
      'The `provider` of a session is a name, such as "claude"; that of a run may be a provider itself.',
    );
  // That of a fork is its parent's: who makes the fork may want another one for its runs.
  if (options.provider !== undefined && forkedFrom === undefined) findProvider(environment, options.provider);
  const { clock, redactor, encoder } = environment;
  const id = options.id === undefined ? environment.ids('session') : parseId('session', options.id);
  if (id === undefined) {
    throw new AsmError('invalid_input', 'A session id is ses_ and up to 64 letters, digits, "-" or "_".');
  }
  const tags: readonly unknown[] = options.tags ?? [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string' && tag.trim() !== '')) {
    throw new AsmError('invalid_input', 'The `tags` of a session are texts that are not empty.');
  }
  const metadata = redactor.json(options.metadata ?? {}).value;
  const cwd = options.cwd === undefined || isAbsolute(options.cwd) ? options.cwd : resolve(options.cwd);
  const title = options.title === undefined ? undefined : redactor.text(options.title).text;
  const facts = {
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(title === undefined ? {} : { title }),
    ...(forkedFrom === undefined ? {} : { forkedFrom }),
  };
  const session: Session = {
    id,
    status: 'pending',
    version: 1,
    createdAt: clock.now(),
    updatedAt: clock.now(),
    ...facts,
    ...(options.systemPrompt === undefined ? {} : { systemPrompt: redactor.text(options.systemPrompt).text }),
    tags: (options.tags ?? []).map((tag) => redactor.text(tag).text),
    metadata: isJsonObject(metadata) ? metadata : {},
    agents: {},
  };
  return { session, event: encoder.encode({ type: 'session_created', data: facts }, {}) };
}
