import { abortError, AsmError } from '../domain/error.ts';
import {
  isTerminalRunEvent,
  isTerminalSessionEvent,
  terminalRunEvents,
  terminalSessionEvents,
  type EventType,
  type LogEvent,
} from '../domain/event.ts';
import type { SessionId } from '../domain/id.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { isTerminalRun } from '../domain/run.ts';
import { isTerminalSession } from '../domain/session.ts';
import type { EventQuery } from '../ports/session-store.ts';
import { checkTypes } from './event-filter.ts';
import type { EventLog, FollowQuery } from './event-log.ts';

const pageSize = 256;

const names = ['after', 'types', 'runId', 'signal'] as const satisfies readonly (keyof FollowQuery)[];

/** What the manager itself knows of a follow that it begins; none of it is taken from a caller. */
export interface FollowFacts {
  /** True: the end is yet to come, and is not looked for at the beginning. */
  readonly endless?: boolean;
  /** A number up to which the log goes, so that the store needn't be asked. */
  readonly reaches?: number;
  /** Called at the first read; what it gives is disposed at the end. */
  readonly hold?: () => Disposable;
}

/**
 * Reads a session's log and goes on as it grows: every stored event after the cursor, in order, once.
 * A run's follow ends after its terminal event; a session's when it is in a final state, no run of it
 * is open and everything was read. An aborted signal throws `cancelled`.
 */
export async function* follow(
  log: EventLog,
  sessionId: SessionId,
  query: FollowQuery = {},
  facts: FollowFacts = {},
): AsyncGenerator<LogEvent, void, void> {
  assertOptionNames('A follow', query, names);
  using _held = facts.hold?.();
  const { runId, types, signal } = query;
  checkTypes(query);
  const wanted = types === undefined ? undefined : new Set<string>(types);
  const ask: Omit<EventQuery, 'after'> = {
    sessionId,
    limit: pageSize,
    ...(runId === undefined ? {} : { runId }),
    ...(types === undefined ? {} : { types: withEnds(types) }),
  };
  let cursor = query.after ?? 0;
  // Before the tail is asked, which would wait for ever for what comes after no number.
  if (!Number.isSafeInteger(cursor) || cursor < 0) {
    throw new AsmError('invalid_cursor', `A cursor is a whole number from 0, not ${String(cursor)}.`);
  }
  using place = await log.join(sessionId, facts.reaches);
  let mayBeOver = facts.endless !== true;
  let life: Life = 'going';
  for (;;) {
    if (signal?.aborted) throw abortError(signal);
    const { version } = place;
    const page = await place.read({ ...ask, after: cursor });
    for (const event of page.events) {
      if (wanted === undefined || wanted.has(event.type)) yield event;
      if (signal?.aborted) throw abortError(signal);
      if (isTerminalRunEvent(event)) {
        if (runId !== undefined) return;
        // The end of a run ends a session's log only once the session itself has ended.
        mayBeOver ||= life !== 'going';
      }
      if (isTerminalSessionEvent(event)) mayBeOver = true;
    }
    cursor = page.scannedTo;
    if (page.hasMore) continue;
    if (mayBeOver) {
      life = await lifeOf(log, sessionId, query);
      mayBeOver = life === 'over';
      if (mayBeOver && (await nothingAfter(log, sessionId, cursor, query))) return;
    }
    await place.changed(version, signal);
  }
}

/** The asked types and those that tell when to end. */
function withEnds(types: readonly EventType[]): readonly EventType[] {
  return [...new Set<EventType>([...types, ...terminalRunEvents, ...terminalSessionEvents])];
}

/** `ending`: the session has ended, but runs of it have not. `over`: nothing more is to come. */
type Life = 'going' | 'ending' | 'over';

async function lifeOf(log: EventLog, sessionId: SessionId, query: FollowQuery): Promise<Life> {
  if (query.runId !== undefined) {
    const run = await log.store.run(query.runId);
    return run !== undefined && isTerminalRun(run.status) ? 'over' : 'going';
  }
  const session = await log.store.session(sessionId);
  if (session === undefined || !isTerminalSession(session.status)) return 'going';
  const open = await log.store.runs({ sessionId, status: ['pending', 'running'], limit: 1 });
  return open.rows.length === 0 ? 'over' : 'ending';
}

async function nothingAfter(
  log: EventLog,
  sessionId: SessionId,
  cursor: number,
  query: FollowQuery,
): Promise<boolean> {
  const page = await log.store.events({
    sessionId,
    after: cursor,
    limit: 1,
    ...(query.runId === undefined ? {} : { runId: query.runId }),
  });
  return page.events.length === 0 && !page.hasMore;
}
