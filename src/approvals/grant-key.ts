import { createHmac, randomBytes } from 'node:crypto';
import type { GrantKey } from '../domain/approval.ts';
import { callMeaning, orderedJson } from '../domain/call-meaning.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import type { JsonValue } from '../domain/json.ts';
import type { ToolCall } from '../domain/tool.ts';

/** A call, and who makes it where: what has to be equal for a grant to hold for it. */
export interface GrantSubject {
  readonly sessionId: SessionId;
  readonly runId: RunId;
  readonly provider: string;
  readonly cwd: string;
  /** With its input as the agent gave it, before redaction. */
  readonly call: ToolCall;
}

/**
 * Makes the key of a call. Each has a random salt of its own: what the store holds of two calls with one
 * secret in them is not the same, and tells nothing to who doesn't have both the salt and the call.
 */
export function makeGrantKey(subject: GrantSubject): GrantKey {
  const salt = randomBytes(32).toString('hex');
  return { salt, call: callCode(salt, subject), session: sessionCode(salt, subject) };
}

/** True when the call is the one of the key, made by the same agent of the same run. */
export function isSameCall(key: GrantKey, subject: GrantSubject): boolean {
  return key.call === callCode(key.salt, subject);
}

/** True when the call is the one of the key, made in the same session at the same provider by any run or agent. */
export function isSameInSession(key: GrantKey, subject: GrantSubject): boolean {
  return key.session === sessionCode(key.salt, subject);
}

function callCode(salt: string, subject: GrantSubject): string {
  const { runId, call } = subject;
  return code(salt, ['call', runId, orderedJson({ ...call.lineage }), ...everywhere(subject)]);
}

function sessionCode(salt: string, subject: GrantSubject): string {
  return code(salt, ['session', ...everywhere(subject)]);
}

function everywhere({ sessionId, provider, cwd, call }: GrantSubject): readonly JsonValue[] {
  return [sessionId, provider, call.tool, cwd, callMeaning(call)];
}

function code(salt: string, content: JsonValue): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(JSON.stringify(content)).digest('hex');
}
