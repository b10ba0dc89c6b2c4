import { expect } from 'vitest';
import { isTerminalRunEvent, type LogEvent } from '../../src/domain/event.ts';
import type { SessionId } from '../../src/domain/id.ts';
import { isTerminalRun, type Run } from '../../src/domain/run.ts';
import { decodeEvent } from '../../src/domain/stored-event.ts';
import type { SessionStore } from '../../src/ports/session-store.ts';

/** All that is stored of a session. */
export interface SessionLog {
  readonly events: readonly LogEvent[];
  readonly runs: readonly Run[];
}

/** Every event of a session's log, straight from the store. */
export async function readLog(store: SessionStore, sessionId: SessionId): Promise<readonly LogEvent[]> {
  const events: LogEvent[] = [];
  for (let after = 0; ;) {
    const page = await store.events({ sessionId, after, limit: 1_000 });
    events.push(...page.events.map(decodeEvent));
    after = page.scannedTo;
    if (!page.hasMore) return events;
  }
}

/** The types of events, without those that only tell how far an agent was. */
export function typesOf(events: readonly LogEvent[]): readonly string[] {
  return events.map((event) => event.type);
}

/**
 * Checks what holds for every log at every moment: numbers without a gap, at most one `run_started`
 * and one terminal event a run, and a row that says the same. With `settled`, every run must have ended.
 */
export async function checkLog(
  store: SessionStore,
  sessionId: SessionId,
  { settled = true }: { readonly settled?: boolean } = {},
): Promise<SessionLog> {
  const events = await readLog(store, sessionId);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  const { rows: runs } = await store.runs({ sessionId, limit: 1_000 });
  for (const run of runs) {
    const own = events.filter((event) => event.runId === run.id);
    const started = own.filter((event) => event.type === 'run_started').length;
    const ends = own.filter(isTerminalRunEvent).map((event) => event.type);
    expect(own.filter((event) => event.type === 'run_created')).toHaveLength(1);
    expect(started).toBe(run.startedAt === undefined ? 0 : 1);
    expect(ends).toEqual(isTerminalRun(run.status) ? [`run_${run.status}`] : []);
    if (settled) expect(isTerminalRun(run.status), `${run.id} is ${run.status}`).toBe(true);
  }
  expect(new Set(events.flatMap((event) => event.runId ?? []))).toEqual(new Set(runs.map((run) => run.id)));
  return { events, runs };
}

/** Reads to the end of what gives events. */
export async function collect(events: AsyncIterable<LogEvent>): Promise<LogEvent[]> {
  const all: LogEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Reads on until an event of the type came, and gives it. */
export async function waitForEvent(events: AsyncIterable<LogEvent>, type: string): Promise<LogEvent> {
  for await (const event of events) if (event.type === type) return event;
  throw new Error(`There was no ${type}.`);
}
