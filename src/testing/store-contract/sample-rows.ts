import type { Approval, ApprovalId } from '../../domain/approval.ts';
import type { EventType } from '../../domain/event.ts';
import { brandId, type RunId, type SessionId } from '../../domain/id.ts';
import type { Run } from '../../domain/run.ts';
import type { Session } from '../../domain/session.ts';
import type { NewEvent } from '../../domain/stored-event.ts';
import { noUsage } from '../../domain/usage.ts';
import type { Committed, SessionStore } from '../../ports/session-store.ts';

/** The time that sample rows and events bear unless they say otherwise. */
export const sampleTime = 1_767_225_600_000;

export function sessionId(name: string): SessionId {
  return brandId('session', `ses_${name}`);
}

export function runId(name: string): RunId {
  return brandId('run', `run_${name}`);
}

export function approvalId(name: string): ApprovalId {
  return brandId('approval', `apr_${name}`);
}

export function sampleApproval(
  id: ApprovalId,
  session: SessionId,
  run: RunId,
  fields: Partial<Approval> = {},
): Approval {
  return {
    id,
    sessionId: session,
    runId: run,
    status: 'pending',
    version: 1,
    createdAt: sampleTime,
    deadline: sampleTime + 60_000,
    onExpiry: 'deny',
    provider: 'scripted',
    cwd: '/tmp',
    call: { id: 'call', name: 'Bash', tool: 'bash', kind: 'execute', input: { command: 'ls' } },
    reason: 'A rule asks for it.',
    key: { salt: '00', call: '01', session: '02' },
    ...fields,
  };
}

export function sampleSession(id: SessionId, fields: Partial<Session> = {}): Session {
  return {
    id,
    status: 'pending',
    version: 1,
    createdAt: sampleTime,
    updatedAt: sampleTime,
    tags: [],
    metadata: {},
    agents: {},
    ...fields,
  };
}

export function sampleRun(id: RunId, session: SessionId, fields: Partial<Run> = {}): Run {
  return {
    id,
    sessionId: session,
    status: 'pending',
    version: 1,
    createdAt: sampleTime,
    logStart: 0,
    provider: 'scripted',
    input: [{ role: 'user', text: 'hello' }],
    options: {},
    attempt: 0,
    usage: noUsage,
    ...fields,
  };
}

export function sampleEvent(text: string, fields: Partial<NewEvent> = {}): NewEvent {
  const type: EventType = 'message_streamed';
  return { type, time: sampleTime, payload: JSON.stringify({ messageId: 'm', text }), ...fields };
}

/** Makes a session with its first event and gives its id. */
export async function addSession(
  store: SessionStore,
  name: string,
  fields: Partial<Session> = {},
): Promise<SessionId> {
  const id = sessionId(name);
  await store.commit({
    sessionId: id,
    session: { create: sampleSession(id, fields) },
    events: [{ type: 'session_created', time: sampleTime, payload: '{}' }],
  });
  return id;
}

/** Makes a run without an event and gives its id. */
export async function addRun(
  store: SessionStore,
  session: SessionId,
  name: string,
  fields: Partial<Run> = {},
): Promise<RunId> {
  const id = runId(name);
  await store.commit({ sessionId: session, runs: [{ create: sampleRun(id, session, fields) }], events: [] });
  return id;
}

/** Makes an approval without an event and gives its id. */
export async function addApproval(
  store: SessionStore,
  session: SessionId,
  run: RunId,
  name: string,
  fields: Partial<Approval> = {},
): Promise<ApprovalId> {
  const id = approvalId(name);
  const create = sampleApproval(id, session, run, fields);
  await store.commit({ sessionId: session, approvals: [{ create }], events: [] });
  return id;
}

/** Appends one event per text in one change. */
export function append(store: SessionStore, session: SessionId, ...texts: string[]): Promise<Committed> {
  return store.commit({ sessionId: session, events: texts.map((text) => sampleEvent(text)) });
}
