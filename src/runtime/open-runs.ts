import type { SessionId } from '../domain/id.ts';
import type { Run } from '../domain/run.ts';
import type { CallOptions, SessionStore } from '../ports/session-store.ts';

/** All pending and running runs of a session, or of all, newest first. */
export async function openRuns(
  store: SessionStore,
  sessionId: SessionId | undefined,
  options: CallOptions = {},
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.runs(
      {
        ...(sessionId === undefined ? {} : { sessionId }),
        status: ['pending', 'running'],
        limit: 1_000,
        ...(cursor === undefined ? {} : { cursor }),
      },
      options,
    );
    runs.push(...page.rows);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return runs;
}
