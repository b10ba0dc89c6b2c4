import { formatToolRule } from '../domain/tool-rule.ts';
import type { ApprovalView } from '../manager/approval-operations.ts';
import { outputWidth, renderTable } from './table.ts';
import { ago, duration } from './time-text.ts';

/** Questions to people, and what became of them. */
export function approvalTable(rows: readonly ApprovalView[]): string {
  return renderTable<ApprovalView>(
    rows,
    [
      { title: 'APPROVAL', value: ({ id }) => id },
      { title: 'STATUS', value: statusOf },
      { title: 'TOOL', value: ({ call }) => call.name },
      { title: 'WHAT', value: whatOf, flexible: true },
      { title: 'ASKED', value: ({ createdAt }) => ago(createdAt), leaveOut: 3 },
      ...(rows.some(({ status }) => status === 'pending')
        ? [{ title: 'TIME LEFT', value: timeLeft, leaveOut: 4 }]
        : []),
      ...(rows.some(({ decidedBy }) => decidedBy !== undefined)
        ? [
            {
              title: 'BY',
              value: ({ decidedBy = '' }: ApprovalView) => decidedBy,
              flexible: true,
              leaveOut: 5,
            },
          ]
        : []),
      { title: 'WHY', value: ({ reason }) => reason, flexible: true, leaveOut: 2 },
      { title: 'RUN', value: ({ runId }) => runId, leaveOut: 1 },
    ],
    outputWidth(),
  );
}

/** Grants that let later calls through. */
export function grantTable(rows: readonly ApprovalView[]): string {
  return renderTable<ApprovalView>(
    rows,
    [
      { title: 'APPROVAL', value: ({ id }) => id },
      { title: 'LETS THROUGH', value: grantedText, flexible: true },
      { title: 'TIME LEFT', value: grantTimeLeft },
      { title: 'BY', value: ({ decidedBy = '' }) => decidedBy, flexible: true },
      {
        title: 'LAST USED',
        value: ({ lastUsedAt }) => (lastUsedAt === undefined ? '' : ago(lastUsedAt)),
        leaveOut: 3,
      },
      { title: 'SESSION', value: ({ sessionId }) => sessionId, leaveOut: 1 },
    ],
    outputWidth(),
  );
}

/** What a call would do, in a few words. */
export function whatOf({ call }: Pick<ApprovalView, 'call'>): string {
  return call.command ?? call.paths?.join(' ') ?? JSON.stringify(call.input);
}

function grantedText({ decision, call }: ApprovalView): string {
  return decision?.as === 'allow_pattern'
    ? formatToolRule(decision.rule)
    : `${call.name}: ${whatOf({ call })}`;
}

function grantTimeLeft({ decision }: ApprovalView): string {
  return decision?.as === 'allow_pattern' ? duration(Math.max(0, decision.until - Date.now())) : 'all';
}

function statusOf({ status, revokedAt }: ApprovalView): string {
  return revokedAt === undefined ? status : 'revoked';
}

/** How long a question may still be answered; nothing when it no longer is one. */
export function timeLeft({ status, deadline }: ApprovalView): string {
  return status === 'pending' ? duration(Math.max(0, deadline - Date.now())) : '';
}
