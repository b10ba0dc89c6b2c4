import { approvalStatuses, type ApprovalStatus } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import { parseId, type SessionId } from '../domain/id.ts';
import { nearestName } from '../domain/nearest-name.ts';
import type { ApprovalView } from '../manager/approval-operations.ts';
import { openExisting } from './open-manager.ts';
import { write, writeJson } from './output.ts';
import { recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth, renderTable } from './table.ts';
import { ago, duration } from './time-text.ts';

interface ApprovalsOptions extends SharedOptions {
  readonly session?: string;
  readonly status?: readonly string[];
  readonly limit?: number;
}

/** `asm approvals` */
export async function approvalsCommand(options: ApprovalsOptions): Promise<void> {
  const status = readStatuses(options.status ?? ['pending']);
  const sessionId = options.session === undefined ? undefined : readSession(options.session);
  await using manager = await openExisting(options);
  await recoverRuns(manager, options);
  const { rows } = await manager.approvals.list({
    ...(status === undefined ? {} : { status }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  if (options.json === true) {
    for (const approval of rows) await writeJson(approval);
    return;
  }
  if (rows.length === 0) {
    await write(
      status === undefined ? 'Nothing was asked yet.\n' : `No approval is ${status.join(' or ')}.\n`,
    );
    return;
  }
  const table = renderTable<ApprovalView>(
    rows,
    [
      { title: 'APPROVAL', value: ({ id }) => id },
      { title: 'STATUS', value: ({ status: is }) => is },
      { title: 'TOOL', value: ({ call }) => call.name },
      { title: 'WHAT', value: whatOf, flexible: true },
      { title: 'ASKED', value: ({ createdAt }) => ago(createdAt), leaveOut: 3 },
      { title: 'TIME LEFT', value: timeLeft, leaveOut: 4 },
      { title: 'WHY', value: ({ reason }) => reason, flexible: true, leaveOut: 2 },
      { title: 'RUN', value: ({ runId }) => runId, leaveOut: 1 },
    ],
    outputWidth(),
  );
  await write(`${table}\n`);
}

/** What a call would do, in a few words. */
export function whatOf({ call }: Pick<ApprovalView, 'call'>): string {
  return call.command ?? call.paths?.join(' ') ?? JSON.stringify(call.input);
}

function timeLeft({ status, deadline }: ApprovalView): string {
  return status === 'pending' ? duration(Math.max(0, deadline - Date.now())) : '';
}

function readStatuses(names: readonly string[]): readonly ApprovalStatus[] | undefined {
  if (names.includes('all')) return undefined;
  return names.map((name) => {
    const status = approvalStatuses.find((known) => known === name);
    if (status !== undefined) return status;
    const nearest = nearestName(name, [...approvalStatuses, 'all']);
    throw new AsmError(
      'invalid_input',
      `--status is one of ${approvalStatuses.join(', ')} and all, not "${name}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`}`,
    );
  });
}

function readSession(text: string): SessionId {
  const id = parseId('session', text);
  if (id !== undefined) return id;
  throw new AsmError('session_not_found', `"${text.slice(0, 100)}" is no id of a session.`);
}
