import { AsmError } from './error.ts';
import type { Id, RunId, SessionId } from './id.ts';
import type { JsonObject } from './json.ts';
import type { ToolRule } from './tool-rule.ts';
import type { Authorization, ToolCall } from './tool.ts';

export type ApprovalId = Id<'approval'>;

/**
 * `pending`: nobody has answered. `expired`: nobody did until the deadline. `withdrawn`: the question is
 * no longer asked, since its run ended or its agent took it back. All but `pending` are final.
 */
export const approvalStatuses = ['pending', 'granted', 'denied', 'expired', 'withdrawn'] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What a person answers to a question about a tool call. */
export type ApprovalDecision =
  /** Once, and with `input` in the place of the call's own. */
  | { readonly as: 'allow'; readonly input?: JsonObject }
  /** This call and the same call again, in all runs of its session at its provider. */
  | { readonly as: 'allow_session' }
  /** This call and all calls of its session that the rule allows, until a wall time in milliseconds since 1970. */
  | { readonly as: 'allow_pattern'; readonly rule: ToolRule; readonly until: number }
  /** The answers to a question of the agent, in the form that its tool asks for. */
  | { readonly as: 'answer'; readonly answers: JsonObject }
  /** `message` is told to the agent. `stop`: the run ends as cancelled. */
  | { readonly as: 'deny'; readonly message?: string; readonly stop?: boolean };

/** What happens to a call when nobody answers until the deadline. */
export const expiryDefaults = ['deny', 'allow'] as const;
export type ExpiryDefault = (typeof expiryDefaults)[number];

/** By which a call is recognised when it comes again. Never shown. */
export interface GrantKey {
  /** Random key, in hexadecimal, of the two codes. */
  readonly salt: string;
  /** Code of the call by the same agent of the same run. */
  readonly call: string;
  /** Code of the call anywhere in the session, at the same provider. */
  readonly session: string;
}

/** A durable question to a person about one tool call, and its answer. */
export interface Approval {
  readonly id: ApprovalId;
  readonly sessionId: SessionId;
  readonly runId: RunId;
  readonly status: ApprovalStatus;
  /** Counts the changes of this row's own fields, from 1. */
  readonly version: number;
  /** Wall times in milliseconds since 1970. */
  readonly createdAt: number;
  readonly deadline: number;
  readonly onExpiry: ExpiryDefault;
  readonly provider: string;
  /** The folder that relative paths of the call start from. */
  readonly cwd: string;
  /** The call, redacted, and with texts of more than 64 Ki characters cut. */
  readonly call: ToolCall;
  /** True when something was left out of the call: not all of what would run can be seen here. */
  readonly partial?: boolean;
  /** Why a person has to say. */
  readonly reason: string;
  readonly key: GrantKey;
  readonly decision?: ApprovalDecision;
  /** Who decided, in their own words. */
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  /** Why it was decided so, for the log. */
  readonly decisionReason?: string;
  /** When the outcome was given to the agent. It is never given again. */
  readonly spentAt?: number;
  /** Of a grant that lasts: when it last let a later call through. */
  readonly lastUsedAt?: number;
  /** From then on a grant that lasted lets nothing through any more. */
  readonly revokedAt?: number;
  /** Who took it back, in their own words. */
  readonly revokedBy?: string;
  /** Why it was taken back, for the log. */
  readonly revocationReason?: string;
}

/** Fields of an approval that a decision of its state machine sets. */
export type ApprovalChange = Partial<
  Pick<
    Approval,
    | 'status'
    | 'decision'
    | 'decidedBy'
    | 'decidedAt'
    | 'decisionReason'
    | 'spentAt'
    | 'lastUsedAt'
    | 'revokedAt'
    | 'revokedBy'
    | 'revocationReason'
  >
>;

/** Who decides, why, and when. */
export interface ApprovalAnswer {
  readonly decision: ApprovalDecision;
  readonly by: string;
  readonly reason?: string;
  readonly now: number;
}

/**
 * A person's answer. Throws `conflict` for a question that was answered before, `approval_expired` after
 * its deadline, and `invalid_operation` for one that nobody asks any more.
 */
export function answerApproval(approval: Approval, answer: ApprovalAnswer): ApprovalChange {
  assertOpen(approval);
  if (answer.now >= approval.deadline) throw expired(approval);
  return {
    status: answer.decision.as === 'deny' ? 'denied' : 'granted',
    decision: answer.decision,
    decidedBy: answer.by,
    decidedAt: answer.now,
    ...(answer.reason === undefined ? {} : { decisionReason: answer.reason }),
  };
}

/** Nobody answered in time. Throws as `answerApproval` if somebody did. */
export function expireApproval(approval: Approval, now: number): ApprovalChange {
  assertOpen(approval);
  return { status: 'expired', decidedAt: now };
}

/** The question is no longer asked. Throws as `answerApproval` if it was answered. */
export function withdrawApproval(approval: Approval, now: number, reason: string): ApprovalChange {
  assertOpen(approval);
  return { status: 'withdrawn', decidedAt: now, decisionReason: reason };
}

/** The outcome goes to the agent, once. Throws `conflict` if it did before, or if there is none. */
export function spendApproval(approval: Approval, now: number): ApprovalChange {
  if (isSpendable(approval) && approval.status !== 'pending') return { spentAt: now };
  throw new AsmError(
    'conflict',
    approval.spentAt === undefined
      ? `Approval ${approval.id} is ${approval.status} and decides nothing.`
      : `What was decided by approval ${approval.id} was done before.`,
    { details: { approvalId: approval.id, status: approval.status } },
  );
}

/** True while the approval can still decide about its call: asked, or answered and not yet applied. */
export function isSpendable(approval: Approval): boolean {
  return approval.status !== 'withdrawn' && approval.spentAt === undefined;
}

/** Who takes a grant back, why, and when. */
export interface Revocation {
  readonly by: string;
  readonly reason?: string;
  readonly now: number;
}

/**
 * Takes a grant back that lasts: it lets no later call through. Throws `conflict` for one that was taken back
 * before, and `invalid_operation` for what lets no later call through anyway.
 */
export function revokeApproval(approval: Approval, { by, reason, now }: Revocation): ApprovalChange {
  const { id, status, decision, revokedAt, revokedBy } = approval;
  const details = { approvalId: id, status };
  if (revokedAt !== undefined) {
    const who = revokedBy === undefined ? '' : ` by ${revokedBy}`;
    throw new AsmError('conflict', `Approval ${id} was revoked${who} before.`, { details });
  }
  if (!isLasting(approval)) {
    const what = status === 'granted' ? 'was granted for one call' : `is ${status}`;
    throw new AsmError(
      'invalid_operation',
      `Approval ${id} ${what}: it lets no later call through, and there is nothing to revoke.`,
      { details },
    );
  }
  if (decision?.as === 'allow_pattern' && now >= decision.until) {
    throw new AsmError(
      'invalid_operation',
      `Approval ${id} let calls through until ${new Date(decision.until).toISOString()}; its time is over.`,
      { details },
    );
  }
  return { revokedAt: now, revokedBy: by, ...(reason === undefined ? {} : { revocationReason: reason }) };
}

/** True when the approval lets later calls through, too; those by a pattern until its time is over. */
export function isLasting({
  status,
  decision,
  revokedAt,
}: Pick<Approval, 'status' | 'decision' | 'revokedAt'>): boolean {
  if (status !== 'granted' || revokedAt !== undefined) return false;
  return decision?.as === 'allow_session' || decision?.as === 'allow_pattern';
}

/** What an answered or expired approval says about its call, as it was asked: with nothing redacted. */
export function authorizationOf(approval: Approval, call: ToolCall): Authorization {
  const { status, decision } = approval;
  const isGranted = status === 'granted' && approval.revokedAt === undefined;
  const allowed = isGranted || (status === 'expired' && approval.onExpiry === 'allow');
  if (!allowed) return { decision: 'deny', reason: denialReason(approval) };
  if (decision?.as === 'allow' && decision.input !== undefined) {
    return { decision: 'allow', changedInput: decision.input };
  }
  if (decision?.as === 'answer') {
    return { decision: 'allow', changedInput: { ...call.input, answers: decision.answers } };
  }
  return { decision: 'allow' };
}

function denialReason({ status, decision, call, revokedAt }: Approval): string {
  if (revokedAt !== undefined) return `The permission for ${call.name} was taken back before it ran.`;
  if (status === 'expired') return `Nobody allowed ${call.name} in time, so it is refused.`;
  if (status === 'withdrawn') return `The question about ${call.name} was taken back.`;
  const message = decision?.as === 'deny' ? decision.message : undefined;
  return message ?? `A person refused ${call.name}.`;
}

function assertOpen(approval: Approval): void {
  if (approval.status === 'pending') return;
  if (approval.status === 'expired') throw expired(approval);
  const details = { approvalId: approval.id, status: approval.status };
  if (approval.status === 'withdrawn') {
    throw new AsmError(
      'invalid_operation',
      `Approval ${approval.id} was withdrawn: ${approval.decisionReason ?? 'nobody asks any more'}`,
      { details },
    );
  }
  const who = approval.decidedBy === undefined ? '' : ` by ${approval.decidedBy}`;
  throw new AsmError('conflict', `Approval ${approval.id} was ${approval.status}${who} before.`, { details });
}

function expired({ id, deadline }: Approval): AsmError {
  return new AsmError(
    'approval_expired',
    `Approval ${id} was to be answered until ${new Date(deadline).toISOString()}.`,
    { details: { approvalId: id, deadline } },
  );
}
