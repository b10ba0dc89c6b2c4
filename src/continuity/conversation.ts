import { terminalRunEvents, type EventType, type LogEvent } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { Session } from '../domain/session.ts';
import { decodeEvent } from '../domain/stored-event.ts';
import { transcriptFromEvents, type Transcript } from '../domain/transcript.ts';
import type { EventQuery, SessionStore } from '../ports/session-store.ts';

/** The part of a session's log that a conversation is read from. */
export interface ConversationRange {
  /** Only what comes after this event. Default 0. */
  readonly after?: number;
  /** Only what comes up to this event. Default: everything. */
  readonly through?: number;
  /** Only what did not come from this provider. */
  readonly except?: string;
}

/** What makes a conversation, without the pieces of texts that are there whole. */
const conversationTypes: readonly EventType[] = [
  'message_sent',
  'message_received',
  'tool_call_started',
  'tool_call_decided',
  'tool_call_completed',
  'tool_call_failed',
  'attempt_failed',
  ...terminalRunEvents,
];

/** How many sessions a fork may have behind it before the oldest are no longer looked at. */
const maximumForks = 20;

/** The conversation of a session as its log has it, and before it that of the session it was forked off. */
export async function readConversation(
  store: SessionStore,
  session: Pick<Session, 'id' | 'forkedFrom'>,
  range: ConversationRange = {},
): Promise<Transcript> {
  const own = await readOwn(store, session.id, range);
  let messages = own.messages;
  let origin = session.forkedFrom;
  for (let depth = 0; origin !== undefined && (range.after ?? 0) === 0 && depth < maximumForks; depth++) {
    const parent = await store.session(origin.sessionId);
    if (parent === undefined) break;
    const before = await readOwn(store, parent.id, { ...range, through: origin.seq });
    messages = [...before.messages, ...messages];
    origin = parent.forkedFrom;
  }
  return { ...own, messages };
}

/** Events right before a run that are looked at without a search: its own first ones, and those of others that wait. */
const nearby = 8;

/** True when nothing was said in the session between the end of a run and the event that comes after `through`. */
export async function endedLast(
  store: SessionStore,
  sessionId: SessionId,
  runId: RunId,
  through: number,
): Promise<boolean> {
  const query = { sessionId, before: through + 1, order: 'descending' } as const;
  const { events } = await store.events({ ...query, limit: nearby });
  const said = events.find(({ type }) => conversationTypes.some((known) => known === type));
  const [last] =
    said === undefined && events.length === nearby
      ? (await store.events({ ...query, types: conversationTypes, limit: 1 })).events
      : [said];
  return last?.runId === runId && terminalRunEvents.some((type) => type === last.type);
}

/** Number of the event that ended a run; `undefined` when it has not ended. */
export async function runEndSeq(
  store: SessionStore,
  sessionId: SessionId,
  runId: RunId,
): Promise<number | undefined> {
  const { events } = await store.events({
    sessionId,
    runId,
    types: [...terminalRunEvents],
    order: 'descending',
    limit: 1,
  });
  return events[0]?.seq;
}

async function readOwn(
  store: SessionStore,
  sessionId: SessionId,
  range: ConversationRange,
): Promise<Transcript> {
  const events = await readEvents(store, { sessionId, types: conversationTypes }, range);
  const pieces = await piecesOfBroken(store, sessionId, events, range);
  return transcriptFromEvents([...events, ...pieces].toSorted((first, second) => first.seq - second.seq));
}

/** Texts that were cut off are there in pieces only: in runs that did not end well. */
async function piecesOfBroken(
  store: SessionStore,
  sessionId: SessionId,
  events: readonly LogEvent[],
  range: ConversationRange,
): Promise<readonly LogEvent[]> {
  const broken = new Set<RunId>();
  for (const event of events) {
    if (event.runId === undefined) continue;
    const endedWell = event.type === 'run_completed' && !event.data.interrupted;
    if (event.type === 'attempt_failed') broken.add(event.runId);
    else if (terminalRunEvents.some((type) => type === event.type) && !endedWell) broken.add(event.runId);
  }
  const pieces = [...broken].map((runId) =>
    readEvents(store, { sessionId, runId, types: ['message_streamed'] }, range),
  );
  return (await Promise.all(pieces)).flat();
}

async function readEvents(
  store: SessionStore,
  query: EventQuery,
  range: ConversationRange,
): Promise<readonly LogEvent[]> {
  const found: LogEvent[] = [];
  let after = range.after ?? 0;
  for (;;) {
    const before = range.through === undefined ? {} : { before: range.through + 1 };
    const page = await store.events({ ...query, ...before, after, limit: 1_000 });
    for (const event of page.events) {
      if (range.except === undefined || event.provider !== range.except) found.push(decodeEvent(event));
    }
    if (!page.hasMore) return found;
    after = page.scannedTo;
  }
}
