import type { Approval } from '../domain/approval.ts';
import { orAborted } from '../domain/abort.ts';
import { abortError } from '../domain/error.ts';
import type { EventType, LogEvent } from '../domain/event.ts';
import type { SessionId } from '../domain/id.ts';
import { assertOptionNames } from '../domain/option-names.ts';
import { decodeEvent } from '../domain/stored-event.ts';
import type { CallOptions } from '../ports/session-store.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** What happens to approvals, by the events that tell of it. */
const happenings = {
  tool_approval_requested: 'asked',
  tool_approval_granted: 'granted',
  tool_approval_denied: 'denied',
  tool_approval_expired: 'expired',
  tool_approval_withdrawn: 'withdrawn',
  tool_approval_revoked: 'revoked',
} as const satisfies Partial<Record<EventType, string>>;

type ApprovalEventType = keyof typeof happenings;
export type ApprovalHappening = (typeof happenings)[ApprovalEventType];

/** Which approvals are followed, and until when. */
export interface ApprovalFollowQuery extends CallOptions {
  readonly sessionId?: SessionId;
}

/** Something that happened to an approval, and its row. */
export interface FollowedApproval {
  readonly what: ApprovalHappening;
  /** As it was when it was asked, for `asked`; else as it is now. */
  readonly approval: Approval;
}

/**
 * What waits for a person now, oldest first, and then what happens to approvals as it happens, whoever asks and
 * decides. Ends by its signal, with `cancelled`, or with `store_closed` when the manager is closed.
 */
export async function* followApprovals(
  { store, log }: ManagerEnvironment,
  query: ApprovalFollowQuery,
): AsyncGenerator<FollowedApproval, void, void> {
  assertOptionNames('A follow of approvals', query, ['sessionId', 'signal']);
  const { sessionId, signal } = query;
  let change = Promise.withResolvers<void>();
  const unwatch = store.watch(sessionId, () => change.resolve());
  const stop = signal === undefined ? log.closed : AbortSignal.any([signal, log.closed]);
  try {
    // What is asked between the two looks is in both.
    let { cursor } = await store.feed({ types: [], limit: 1 });
    const shown = new Set<string>();
    for (const approval of (await pendingOf(store, sessionId)).toReversed()) {
      shown.add(approval.id);
      yield { what: 'asked', approval };
    }
    for (;;) {
      if (stop.aborted) throw abortError(stop);
      // Before the look: what is committed after it wakes us.
      change = Promise.withResolvers();
      const page = await store.feed({ after: cursor, types: eventTypes, limit: 100 });
      cursor = page.cursor;
      for (const event of page.events.map(decodeEvent)) {
        if (!isAboutApproval(event) || (sessionId !== undefined && event.sessionId !== sessionId)) continue;
        const what = happenings[event.type];
        if (what === 'asked' && shown.delete(event.data.approvalId)) continue;
        const approval = await store.approval(event.data.approvalId);
        if (approval === undefined) continue;
        yield { what, approval: what === 'asked' ? asAsked(approval) : approval };
        if (stop.aborted) throw abortError(stop);
      }
      if (!page.hasMore) await log.alive.during(orAborted(change.promise, stop));
    }
  } finally {
    unwatch();
  }
}

const eventTypes: readonly EventType[] = Object.keys(happenings).filter(isApprovalType);

function isApprovalType(type: string): type is ApprovalEventType {
  return Object.hasOwn(happenings, type);
}

function isAboutApproval(event: LogEvent): event is Extract<LogEvent, { readonly type: ApprovalEventType }> {
  return isApprovalType(event.type);
}

/** All that wait, newest first. */
async function pendingOf(
  store: ManagerEnvironment['store'],
  sessionId: SessionId | undefined,
): Promise<readonly Approval[]> {
  const found: Approval[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.approvals({
      status: ['pending'],
      limit: 1_000,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.rows);
    if (page.nextCursor === undefined) return found;
    cursor = page.nextCursor;
  }
}

/** A question as it was before anybody answered it. */
function asAsked(approval: Approval): Approval {
  const {
    decision: _decision,
    decidedBy: _by,
    decidedAt: _at,
    decisionReason: _reason,
    spentAt: _spent,
    lastUsedAt: _used,
    revokedAt: _revoked,
    revokedBy: _revoker,
    revocationReason: _why,
    ...asked
  } = approval;
  return { ...asked, status: 'pending', version: 1 };
}
