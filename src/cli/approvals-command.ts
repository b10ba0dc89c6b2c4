import { oneOf } from '../domain/choice.ts';
import { approvalStatuses, type ApprovalStatus } from '../domain/approval.ts';
import { AsmError } from '../domain/error.ts';
import { parseId, type SessionId } from '../domain/id.ts';
import type { ApprovalView } from '../manager/approval-operations.ts';
import { approvalTable, grantTable } from './approval-table.ts';
import { followApprovals } from './approvals-follow.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import { recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';

interface ApprovalsOptions extends SharedOptions {
  readonly session?: string;
  readonly status?: readonly string[];
  readonly grants?: boolean;
  readonly follow?: boolean;
  readonly limit?: number;
}

/** `asm approvals` */
export async function approvalsCommand(options: ApprovalsOptions): Promise<void> {
  const status = readStatuses(options.status ?? ['pending']);
  const isGrants = options.grants === true;
  if ([isGrants, options.follow === true, options.status !== undefined].filter(Boolean).length > 1) {
    throw new AsmError('invalid_input', 'Take only one of --follow, --grants and --status.');
  }
  const sessionId = options.session === undefined ? undefined : readSession(options.session);
  const query = {
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  await using manager = await openReader(options);
  await recoverRuns(manager, options);
  if (options.follow === true) return await followApprovals(manager, sessionId, options);
  const { rows } = isGrants
    ? await manager.approvals.grants(query)
    : await manager.approvals.list({ ...query, ...(status === undefined ? {} : { status }) });
  if (options.json === true) {
    for (const approval of rows) await writeJson(approval);
  } else if (isGrants) {
    await writeTable(rows, grantTable, 'No grant lets later calls through.');
  } else {
    const none = status === undefined ? 'Nothing was asked yet.' : `No approval is ${status.join(' or ')}.`;
    await writeTable(rows, approvalTable, none);
  }
}

async function writeTable(
  rows: readonly ApprovalView[],
  table: (rows: readonly ApprovalView[]) => string,
  none: string,
): Promise<void> {
  await write(`${rows.length === 0 ? none : table(rows)}\n`);
}

function readStatuses(names: readonly string[]): readonly ApprovalStatus[] | undefined {
  const statuses = names.map((name) => oneOf('--status', name, [...approvalStatuses, 'all'] as const));
  const chosen = statuses.filter((status) => status !== 'all');
  return chosen.length === statuses.length ? chosen : undefined;
}

function readSession(text: string): SessionId {
  const id = parseId('session', text);
  if (id !== undefined) return id;
  throw new AsmError('session_not_found', `"${text.slice(0, 100)}" is no id of a session.`);
}
