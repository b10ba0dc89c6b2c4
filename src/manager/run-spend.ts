import type { BudgetedRun, Spend } from '../cost/budget.ts';
import { knownSpend } from '../domain/cost.ts';
import { terminalRunEvents, type EventType } from '../domain/event.ts';
import type { RunEndData } from '../domain/event-data.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import { decodeEvent, type StoredEvent } from '../domain/stored-event.ts';
import { totalTokens } from '../domain/usage.ts';
import type { SessionStore } from '../ports/session-store.ts';

/** Rows and events that are read at once. */
export const pageSize = 1_000;

/** A run that spends. */
export interface SpendingRun extends BudgetedRun {
  readonly runId: RunId;
  readonly sessionId: SessionId;
}

/** What a run has spent, as far as it was counted. */
export interface CountedRun extends SpendingRun {
  readonly spent: Spend;
  /** Absent while it runs. */
  readonly endedAt: number | undefined;
  /** Executed here: it tells what it spends before the log does. */
  readonly isOwn: boolean;
}

/** The same of a store, as far as it can be told in money. */
export interface StoredSpending extends CountedRun {
  /** True: some of its tokens have no price, so that it cost `spent.usd` or more. */
  readonly unpriced: boolean;
}

/** The events that tell what a run has spent so far. */
export const spendEvents: readonly EventType[] = ['token_usage_updated', ...terminalRunEvents];

type SpendFigures = Pick<RunEndData, 'usage' | 'cost'>;

/** What a run has spent by its figures; tokens without a price cost nothing here. */
export function spendOf({ usage, cost }: SpendFigures): Spend {
  return { usd: knownSpend(cost), tokens: totalTokens(usage) };
}

/** What an event of `spendEvents` tells that its run has spent, and whether it is the last word. */
export function toldSpend(
  stored: StoredEvent,
): { readonly spent: Spend; readonly isLast: boolean } | undefined {
  const event = decodeEvent(stored);
  switch (event.type) {
    case 'token_usage_updated':
      return { spent: spendOf(event.data), isLast: false };
    case 'run_completed':
    case 'run_failed':
    case 'run_cancelled':
    case 'run_timed_out':
      return { spent: spendOf(event.data), isLast: true };
    default:
      return undefined;
  }
}

/**
 * The runs that have started, or those of one session, by what they have spent. Their sessions' tags are
 * looked up only if asked for.
 */
export async function spendingRuns(
  store: SessionStore,
  sessionId: SessionId | undefined,
  options: { readonly tags: boolean },
): Promise<Map<RunId, StoredSpending>> {
  const tags = options.tags ? await tagsBySession(store, sessionId) : undefined;
  const runs = new Map<RunId, StoredSpending>();
  let cursor: string | undefined;
  do {
    const page = await store.runs({
      limit: pageSize,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const run of page.rows) {
      if (run.status === 'pending') continue;
      runs.set(run.id, {
        runId: run.id,
        sessionId: run.sessionId,
        provider: run.provider,
        tags: tags?.get(run.sessionId) ?? [],
        ...(await storedSpend(store, run)),
        endedAt: isTerminalRun(run.status) ? (run.endedAt ?? run.createdAt) : undefined,
        isOwn: false,
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return runs;
}

/** The tags of all sessions that have some, or of one. */
async function tagsBySession(
  store: SessionStore,
  sessionId: SessionId | undefined,
): Promise<ReadonlyMap<SessionId, readonly string[]>> {
  if (sessionId !== undefined) return new Map([[sessionId, (await store.session(sessionId))?.tags ?? []]]);
  const tags = new Map<SessionId, readonly string[]>();
  let cursor: string | undefined;
  do {
    const page = await store.sessions({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    for (const session of page.rows) if (session.tags.length > 0) tags.set(session.id, session.tags);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tags;
}

/** What a run has spent: its row tells it at the end, and until then its newest figures in the log. */
async function storedSpend(
  store: SessionStore,
  run: Run,
): Promise<Pick<StoredSpending, 'spent' | 'unpriced'>> {
  const figures = run.status === 'running' ? ((await newestFigures(store, run)) ?? run) : run;
  return { spent: spendOf(figures), unpriced: figures.cost?.source === 'unpriced' };
}

async function newestFigures(store: SessionStore, run: Run): Promise<SpendFigures | undefined> {
  const { events } = await store.events({
    sessionId: run.sessionId,
    runId: run.id,
    after: run.logStart,
    types: ['token_usage_updated'],
    order: 'descending',
    limit: 1,
  });
  const [last] = events.map(decodeEvent);
  return last?.type === 'token_usage_updated' ? last.data : undefined;
}
