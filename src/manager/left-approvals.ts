import { isSpendable, withdrawApproval, type Approval } from '../domain/approval.ts';
import type { RunId } from '../domain/id.ts';
import type { NewEvent } from '../domain/stored-event.ts';
import type { RowWrite } from '../ports/session-store.ts';
import { expireLate } from './approval-operations.ts';
import { withdrawnEvent } from './approval-row.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** How long a run whose process is gone may be taken up again after its question was settled, in milliseconds. */
const leftFor = 24 * 60 * 60_000;

/** Questions of a run that can still decide about a call, newest first. Those whose time is over have expired. */
export async function openApprovals(
  environment: ManagerEnvironment,
  runId: RunId,
): Promise<readonly Approval[]> {
  const found: Approval[] = [];
  let cursor: string | undefined;
  do {
    const page = await environment.store.approvals({
      runId,
      status: ['pending', 'granted', 'denied', 'expired'],
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.rows.filter((approval) => isSpendable(approval)));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return await Promise.all(found.map((approval) => expireLate(environment, approval)));
}

/** True when a run without an executor is not given up: a person may still say, or has said not long ago. */
export function mayGoOn(environment: ManagerEnvironment, approvals: readonly Approval[]): boolean {
  const now = environment.clock.now();
  return approvals.some(({ status, decidedAt = now }) => status === 'pending' || now - decidedAt < leftFor);
}

/** What takes the questions back that a run leaves open when it is ended without its executor. */
export function withdrawal(
  { clock, encoder }: Pick<ManagerEnvironment, 'clock' | 'encoder'>,
  approvals: readonly Approval[],
): { readonly approvals: readonly RowWrite<Approval>[]; readonly events: readonly NewEvent[] } {
  const reason = 'The run has ended.';
  const open = approvals.filter(({ status }) => status === 'pending');
  return {
    approvals: open.map((approval) => ({
      id: approval.id,
      expectedVersion: approval.version,
      set: withdrawApproval(approval, clock.now(), reason),
    })),
    events: open.map((approval) =>
      encoder.encode(withdrawnEvent(approval, reason), {
        runId: approval.runId,
        provider: approval.provider,
      }),
    ),
  };
}
