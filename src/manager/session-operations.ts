import { AsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import { checkTypes } from './event-filter.ts';
import { follow } from './follow.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import type { RunOperations } from './run-operations.ts';
import { findSession } from './session-change.ts';
import { createSession } from './session-creation.ts';
import type { SessionHandle } from './session-handle.ts';
import { cancelSession, completeSession, failSession, moveSession } from './session-lifecycle.ts';

/** A handle of a session; nothing is read or written before one of its methods is called. */
export function createSessionHandle(
  environment: ManagerEnvironment,
  operations: RunOperations,
  id: SessionId,
): SessionHandle {
  return {
    id,
    read: () => findSession(environment, id),
    run: (input, options = {}) => operations.run(id, input, options),
    runs: async (options = {}) =>
      (await environment.store.runs({ sessionId: id, limit: 1_000 }, options)).rows,
    async events(query = {}, options = {}) {
      checkTypes(query);
      return await environment.log.page({ ...query, sessionId: id }, options);
    },
    follow: (query = {}) => follow(environment.log, id, query),
    activate: () =>
      moveSession(environment, id, 'active', { type: 'session_activated', data: {} }, 'pending'),
    pause: () => moveSession(environment, id, 'paused', { type: 'session_paused', data: {} }),
    resume: () => moveSession(environment, id, 'active', { type: 'session_resumed', data: {} }, 'paused'),
    complete: () => completeSession(environment, id),
    fail: (error) => failSession(environment, id, error),
    cancel: (reason) => cancelSession(environment, id, reason),
    fork: async ({ at, ...options } = {}) => {
      const parent = await findSession(environment, id);
      const { latestSeq } = await environment.log.page({ sessionId: id, limit: 1, order: 'descending' });
      const seq = at ?? latestSeq;
      if (!Number.isInteger(seq) || seq < 1 || seq > latestSeq) {
        throw new AsmError(
          'invalid_cursor',
          `Session ${id} can be forked at its events 1 to ${latestSeq}, not at ${seq}.`,
        );
      }
      const fork = await createSession(
        environment,
        {
          ...(parent.provider === undefined ? {} : { provider: parent.provider }),
          ...(parent.cwd === undefined ? {} : { cwd: parent.cwd }),
          ...(parent.systemPrompt === undefined ? {} : { systemPrompt: parent.systemPrompt }),
          tags: parent.tags,
          metadata: parent.metadata,
          ...options,
        },
        { sessionId: id, seq },
      );
      return createSessionHandle(environment, operations, fork);
    },
  };
}
