import { makeGrantKey } from '../approvals/grant-key.ts';
import type { ApprovalSettings } from '../approvals/approval-options.ts';
import type { Approval } from '../domain/approval.ts';
import type { EventDraft } from '../domain/event.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { isJsonObject, toJson, type JsonObject } from '../domain/json.ts';
import type { ToolCall } from '../domain/tool.ts';
import { cutTexts } from './event-encoder.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** Longest text of a call in its row, in UTF-16 units. */
const longestText = 65_536;

/** A call about which a person is to say, and where it comes from. */
export interface AskedCall {
  readonly sessionId: SessionId;
  readonly runId: RunId;
  readonly provider: string;
  readonly cwd: string;
  readonly call: ToolCall;
  readonly reason: string;
}

/** The row of a new question. What of the call is secret or too long is left out of it, but not of its key. */
export function newApproval(
  { clock, ids, redactor }: Pick<ManagerEnvironment, 'clock' | 'ids' | 'redactor'>,
  asked: AskedCall,
  settings: ApprovalSettings,
): Approval {
  const { sessionId, runId, provider, cwd } = asked;
  const shown = cutTexts(redactor.json(toJson(asked.call)).value, longestText);
  const call: ToolCall = isJsonObject(shown) ? { ...asked.call, ...shownFields(shown) } : asked.call;
  const partial = JSON.stringify(shown) !== JSON.stringify(toJson(asked.call));
  const now = clock.now();
  return {
    id: ids('approval'),
    sessionId,
    runId,
    status: 'pending',
    version: 1,
    createdAt: now,
    deadline: now + settings.deadline,
    onExpiry: settings.onExpiry,
    provider,
    cwd,
    call,
    ...(partial ? { partial } : {}),
    reason: redactor.text(asked.reason).text,
    key: makeGrantKey(asked),
  };
}

/** The fields of a call that may hold what an agent wrote, as they may be shown. */
function shownFields(shown: JsonObject): Pick<ToolCall, 'input'> & Partial<ToolCall> {
  const { input, command, paths, name, tool } = shown;
  return {
    input: isJsonObject(input) ? input : {},
    ...(typeof command === 'string' ? { command } : {}),
    ...(Array.isArray(paths) ? { paths: paths.map(String) } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof tool === 'string' ? { tool } : {}),
  };
}

/** The event of a new question; `workedMs` is how long its run has worked so far. */
export function requestedEvent(approval: Approval, workedMs: number): EventDraft<'tool_approval_requested'> {
  const { id, call, reason, deadline, onExpiry } = approval;
  const { name, tool, kind, input } = call;
  return {
    type: 'tool_approval_requested',
    data: {
      ...{ approvalId: id, toolCallId: call.id, name, tool, kind, input, reason, deadline, onExpiry },
      workedMs,
    },
  };
}

export function expiredEvent({ id, call, onExpiry }: Approval): EventDraft<'tool_approval_expired'> {
  return { type: 'tool_approval_expired', data: { approvalId: id, toolCallId: call.id, as: onExpiry } };
}

export function withdrawnEvent(
  { id, call }: Approval,
  reason: string,
): EventDraft<'tool_approval_withdrawn'> {
  return { type: 'tool_approval_withdrawn', data: { approvalId: id, toolCallId: call.id, reason } };
}

/** The event of a grant that a person took back. */
export function revokedEvent({
  id,
  call,
  revokedBy = '',
  revocationReason,
}: Approval): EventDraft<'tool_approval_revoked'> {
  const reason = revocationReason === undefined ? {} : { reason: revocationReason };
  return {
    type: 'tool_approval_revoked',
    data: { approvalId: id, toolCallId: call.id, by: revokedBy, ...reason },
  };
}

/** The event of an answer that a person gave. */
export function answeredEvent(
  approval: Approval,
): EventDraft<'tool_approval_granted' | 'tool_approval_denied'> {
  const { id, call, decision, decidedBy = '', decisionReason } = approval;
  const data = {
    approvalId: id,
    toolCallId: call.id,
    by: decidedBy,
    ...(decisionReason === undefined ? {} : { reason: decisionReason }),
  };
  if (decision === undefined || decision.as === 'deny') {
    const { message, stop = false } = decision ?? {};
    return {
      type: 'tool_approval_denied',
      data: { ...data, ...(message === undefined ? {} : { message }), stop },
    };
  }
  return { type: 'tool_approval_granted', data: { ...data, decision } };
}
