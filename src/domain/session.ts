import { AsmError } from './error.ts';
import type { RunId, SessionId } from './id.ts';
import type { JsonObject } from './json.ts';

export const sessionStatuses = ['pending', 'active', 'paused', 'completed', 'failed', 'cancelled'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** How to find the conversation again at its provider. */
export interface AgentHandle {
  /** The provider's own id of the conversation. */
  readonly id: string;
  /** The run that last moved the conversation on. */
  readonly runId: RunId;
  /** Model usage that the provider had counted for the conversation so far, in its own figures. */
  readonly counters?: JsonObject;
}

/** A durable conversation. The row holds what changes rarely; what happened is in the log. */
export interface Session {
  readonly id: SessionId;
  readonly status: SessionStatus;
  /** Counts the changes of this row's own fields, from 1. Appending events doesn't touch it. */
  readonly version: number;
  /** Wall times in milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Name of the provider that runs take unless they name another. */
  readonly provider?: string;
  /** Absolute path of the folder in which agents work. */
  readonly cwd?: string;
  readonly title?: string;
  readonly systemPrompt?: string;
  readonly tags: readonly string[];
  /** Facts of the caller's own. */
  readonly metadata: JsonObject;
  /** Where the session was forked off, if it was. */
  readonly forkedFrom?: { readonly sessionId: SessionId; readonly seq: number };
  /** The conversation at each provider, by provider name. */
  readonly agents: { readonly [provider: string]: AgentHandle };
}

const transitions: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  pending: ['active', 'cancelled', 'failed'],
  active: ['paused', 'completed', 'failed', 'cancelled'],
  paused: ['active', 'completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
};

export function isTerminalSession(status: SessionStatus): boolean {
  return transitions[status].length === 0;
}

export function canMoveSession(from: SessionStatus, to: SessionStatus): boolean {
  return transitions[from].includes(to);
}

/** Throws `invalid_transition`, naming what would be allowed, unless the session may move there. */
export function assertSessionMove(session: Session, to: SessionStatus): void {
  if (canMoveSession(session.status, to)) return;
  throw new AsmError(
    'invalid_transition',
    isTerminalSession(session.status)
      ? `Session ${session.id} is ${session.status}, which is final; it can't become ${to}. Go on from it with a fork.`
      : `Session ${session.id} is ${session.status} and can't become ${to}; from here it can become ${transitions[session.status].join(', ')}.`,
    { details: { sessionId: session.id, from: session.status, to } },
  );
}

/** Throws `invalid_transition` unless new runs may start in the session. */
export function assertSessionTakesRuns(session: Session): void {
  if (session.status === 'active') return;
  const advice = {
    pending: 'Activate it first.',
    paused: 'Resume it first.',
    completed: 'Go on from it with a fork.',
    failed: 'Go on from it with a fork.',
    cancelled: 'Go on from it with a fork.',
  }[session.status];
  throw new AsmError(
    'invalid_transition',
    `Session ${session.id} is ${session.status} and takes no new run. ${advice}`,
    { details: { sessionId: session.id, status: session.status } },
  );
}
