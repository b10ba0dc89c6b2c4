import type { ApprovalId } from './approval.ts';
import type { Cost } from './cost.ts';
import { AsmError, type ErrorRecord } from './error.ts';
import type { RunId, SessionId } from './id.ts';
import type { JsonObject } from './json.ts';
import type { InputMessage } from './message.ts';
import type { AgentHandle } from './session.ts';
import type { PolicyReport } from './policy-report.ts';
import type { RunActivity } from './run-activity.ts';
import type { TokenUsage } from './usage.ts';

export const runStatuses = ['pending', 'running', 'completed', 'failed', 'cancelled', 'timed_out'] as const;
export type RunStatus = (typeof runStatuses)[number];

export const terminalRunStatuses = [
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const satisfies readonly RunStatus[];
export type TerminalRunStatus = (typeof terminalRunStatuses)[number];

/** The statuses of runs that have not ended. */
export const openRunStatuses = ['pending', 'running'] as const satisfies readonly RunStatus[];

/** True for a filter that only runs pass that have not ended. */
export function areOpenStatuses(statuses: ReadonlySet<string>): boolean {
  const open: ReadonlySet<string> = new Set(openRunStatuses);
  return [...statuses].every((status) => open.has(status));
}

/** Identity of an agent process, enough to find it again after our own process died. */
export interface AgentProcess {
  readonly pid: number;
  /** Its process group, which is ended as a whole. */
  readonly processGroup: number;
  /** Start time in clock ticks since boot, as the system tells it: a pid alone may be reused. */
  readonly startTime?: number;
  /** Value of `ASM_RUN_COOKIE` in its environment, of an agent that serves one run after another; absent: the run's. */
  readonly mark?: string;
}

/** A tool call whose agent was ended while a person has to say, and where the agent takes it up again. */
export interface ParkedCall {
  readonly approvalId: ApprovalId;
  readonly toolCallId: string;
  readonly handle: AgentHandle;
}

/** One turn of a session: an input and its outcome. */
export interface Run {
  readonly id: RunId;
  readonly sessionId: SessionId;
  readonly status: RunStatus;
  /** Counts the changes of this row's own fields, from 1. */
  readonly version: number;
  /** Wall times in milliseconds since 1970. */
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** All events of the run have a greater `seq` than this: where to begin reading it. */
  readonly logStart: number;
  /** Name of the provider that the run was asked to use, later of the one that did the work. */
  readonly provider: string;
  readonly model?: string;
  /** The input as stored: redacted. */
  readonly input: readonly InputMessage[];
  /** True when redaction changed the input, so that it can't be sent again from the store. */
  readonly inputRedacted?: boolean;
  /** The options that the run was started with, without functions and secrets. */
  readonly options: JsonObject;
  /** Counts tries on a provider, from 1; 0 before the first. */
  readonly attempt: number;
  /** The place of a pending run in its session's queue; the lowest is first. Absent: nobody starts it by itself. */
  readonly queuePosition?: number;
  /** The run that was abandoned and that this one does again. */
  readonly rerunOf?: RunId;
  /** Set while the run waits for a person, or for a limit of its provider to end. */
  readonly waitingFor?: 'approval' | 'quota';
  /** What the run does now, as its watchdog sees it; absent without one, and when it is not executed. */
  readonly activity?: RunActivity;
  /** Set while the agent is ended and a question of it waits for a person; nobody holds the run's lease. */
  readonly parked?: ParkedCall;
  /** Random text in the agent's environment by which it is recognised; stored before the spawn. */
  readonly cookie?: string;
  /** The agent's program, while one is known. */
  readonly process?: AgentProcess;
  /** What the whole run used, of failed and cancelled runs too. */
  readonly usage: TokenUsage;
  /** What all of it cost, in US dollars; absent when nothing was used. */
  readonly cost?: Cost;
  /** The agent's last message, at most 64 Ki characters; the log has all of it. */
  readonly output?: string;
  /** What came of the run's policies, once it has ended. */
  readonly policy?: PolicyReport;
  readonly error?: ErrorRecord;
  /** True when a person, or the watchdog, stopped the turn of a completed run. */
  readonly interrupted?: boolean;
  /** Why the agent stopped, in its provider's words, such as `end_turn`. */
  readonly stopReason?: string;
}

const transitions: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  pending: ['running', 'failed', 'cancelled', 'timed_out'],
  running: ['completed', 'failed', 'cancelled', 'timed_out'],
  completed: [],
  failed: [],
  cancelled: [],
  timed_out: [],
};

export function isTerminalRun(status: RunStatus): status is TerminalRunStatus {
  return transitions[status].length === 0;
}

export function canMoveRun(from: RunStatus, to: RunStatus): boolean {
  return transitions[from].includes(to);
}

/** Throws `invalid_transition` unless the run may move there. */
export function assertRunMove(run: Run, to: RunStatus): void {
  if (canMoveRun(run.status, to)) return;
  throw new AsmError(
    'invalid_transition',
    isTerminalRun(run.status)
      ? `Run ${run.id} is ${run.status}, which is final; it can't become ${to}. Start a new run.`
      : `Run ${run.id} is ${run.status} and can't become ${to}; from here it can become ${transitions[run.status].join(', ')}.`,
    { details: { runId: run.id, from: run.status, to } },
  );
}
