import type { SessionId } from '../domain/id.ts';
import type { ApprovalHappening } from '../manager/approval-follow.ts';
import type { ApprovalNews, ApprovalView } from '../manager/approval-operations.ts';
import type { SessionManager } from '../manager/session-manager.ts';
import { fitWidth } from '../rendering/display-width.ts';
import { oneLine } from '../rendering/visible-text.ts';
import { timeLeft, whatOf } from './approval-table.ts';
import { write, writeJson } from './output.ts';
import { paintFor } from './paint.ts';
import { keepRecovering } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth } from './table.ts';
import { untilInterrupted } from './until-interrupted.ts';

/** Characters of one text of a line, where a terminal doesn't set narrower bounds. */
const longest = 400;

/** Shows what waits, and what becomes of it, until Ctrl-C. */
export async function followApprovals(
  manager: SessionManager,
  sessionId: SessionId | undefined,
  options: SharedOptions,
): Promise<void> {
  using interrupt = untilInterrupted();
  // Questions whose process has died expire by nobody else's doing.
  using _recovering = keepRecovering(manager, options);
  const { signal } = interrupt;
  const news = manager.approvals.follow({ signal, ...(sessionId === undefined ? {} : { sessionId }) });
  for await (const one of interrupt.quietly(news)) {
    if (options.json === true) await writeJson(one);
    else await write(`${lineOf(one)}\n`);
  }
}

function lineOf({ what, approval }: ApprovalNews): string {
  const { red, green, magenta, dim } = paintFor(process.stdout);
  const colors = {
    asked: magenta,
    granted: green,
    denied: red,
    expired: red,
    withdrawn: dim,
    revoked: red,
  } satisfies Record<ApprovalHappening, (text: string) => string>;
  const start = `${approval.id}  ${what.padEnd(9)}  `;
  const width = outputWidth() - start.length;
  const text = details(what, approval);
  return `${colors[what](start)}${Number.isFinite(width) ? fitWidth(text, Math.max(1, width)) : text}`;
}

function details(what: ApprovalHappening, approval: ApprovalView): string {
  const { call, reason, decision, decidedBy, decisionReason, revokedBy, revocationReason } = approval;
  const name = oneLine(call.name, longest);
  switch (what) {
    case 'asked':
      return `${name}: ${oneLine(whatOf(approval), longest)} · ${oneLine(reason, longest)} · ${timeLeft(approval)} left`;
    case 'granted':
      return `${name} ${by(decidedBy, decisionReason)}`;
    case 'denied':
      return `${name} ${by(decidedBy, (decision?.as === 'deny' ? decision.message : undefined) ?? decisionReason)}`;
    case 'expired':
      return `${name}: nobody answered in time, so it is ${approval.onExpiry === 'allow' ? 'allowed' : 'refused'}`;
    case 'withdrawn':
      return `${name}: ${oneLine(decisionReason ?? '', longest)}`;
    case 'revoked':
      return `${name} ${by(revokedBy, revocationReason)}`;
  }
}

function by(who = '', why: string | undefined): string {
  return `by ${oneLine(who, longest)}${why === undefined || why === '' ? '' : `: ${oneLine(why, longest)}`}`;
}
