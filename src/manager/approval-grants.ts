import { revokeApproval, type Approval } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import type { SessionId } from '../domain/id.ts';
import { isTerminalSession } from '../domain/session.ts';
import type { CallOptions, RowPage } from '../ports/session-store.ts';
import { revokedEvent } from './approval-row.ts';
import type { ManagerEnvironment } from './manager-environment.ts';
import { untilUndisputed } from './undisputed.ts';

/** Which grants are listed. */
export interface GrantQuery {
  readonly sessionId?: SessionId;
  /** 1 to 1,000; default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** A page of the grants in force; it may have fewer rows than there are lasting grants in its part of the store. */
export async function grantsInForce(
  { store, clock }: ManagerEnvironment,
  query: GrantQuery,
  options: CallOptions,
): Promise<RowPage<Approval>> {
  const page = await store.approvals({ ...query, lasting: true }, options);
  const now = clock.now();
  const ended = new Map<SessionId, boolean>();
  const rows: Approval[] = [];
  for (const row of page.rows) {
    if (row.decision?.as === 'allow_pattern' && now >= row.decision.until) continue;
    const { sessionId } = row;
    if (!ended.has(sessionId)) {
      const session = await store.session(sessionId, options);
      ended.set(sessionId, session === undefined || isTerminalSession(session.status));
    }
    if (ended.get(sessionId) === false) rows.push(row);
  }
  return { ...page, rows };
}

/** Takes a grant back, together with the event that says so. Gives its row as it is then. */
export async function revokeGrant(
  environment: ManagerEnvironment,
  found: Approval,
  { by, reason }: { readonly by: string; readonly reason: string | undefined },
): Promise<Approval> {
  const { store, log, clock, redactor, encoder } = environment;
  return await untilUndisputed(async () => {
    const approval = (await store.approval(found.id)) ?? found;
    const set = revokeApproval(approval, {
      by: redactor.text(by).text,
      ...(reason === undefined ? {} : { reason: redactor.text(reason).text }),
      now: clock.now(),
    });
    await assertInForce(environment, approval);
    const { id, sessionId, version, provider } = approval;
    const revoked = { ...approval, ...set, version: version + 1 };
    await log.commit({
      sessionId,
      approvals: [{ id, expectedVersion: version, set }],
      events: [encoder.encode(revokedEvent(revoked), { provider })],
    });
    return revoked;
  });
}

/** No call is made any more in a session that has ended, and nothing is added to its log. */
async function assertInForce({ store }: ManagerEnvironment, { id, sessionId }: Approval): Promise<void> {
  const session = await store.session(sessionId);
  if (session === undefined || !isTerminalSession(session.status)) return;
  throw new AsmError(
    'invalid_operation',
    `Session ${sessionId} is ${session.status}: approval ${id} lets no later call through.`,
    { details: { approvalId: id, sessionId, status: session.status } },
  );
}
