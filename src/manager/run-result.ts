import type { Cost } from '../domain/cost.ts';
import { AsmError, errorFromRecord } from '../domain/error.ts';
import type { RunId, SessionId } from '../domain/id.ts';
import { isTerminalRun, type Run } from '../domain/run.ts';
import type { PolicyReport } from '../domain/policy-report.ts';
import type { TokenUsage } from '../domain/usage.ts';

interface RunResultBase {
  readonly runId: RunId;
  readonly sessionId: SessionId;
  /** Who did the work; on a router, the candidate that did. */
  readonly provider: string;
  /** The model that was asked for, or that the agent told. */
  readonly model?: string;
  /** The agent's last message; empty if there was none. */
  readonly output: string;
  /** What the run used, also when it failed or was cancelled. */
  readonly usage: TokenUsage;
  /** What it cost, in US dollars; absent when nothing was used. */
  readonly cost?: Cost;
  /** Why the agent stopped, in its provider's words, such as `end_turn`. */
  readonly stopReason?: string;
  /** What came of the policies in force: violations, and how firmly each rule and limit held. */
  readonly policy?: PolicyReport;
  /** Milliseconds from start to end, by wall time. */
  readonly durationMs: number;
}

/** How a run ended. */
export type RunResult =
  | (RunResultBase & {
      readonly status: 'completed';
      /** A person, or the watchdog, stopped the turn. */ readonly interrupted: boolean;
    })
  | (RunResultBase & { readonly status: 'failed'; readonly error: AsmError })
  | (RunResultBase & { readonly status: 'timed_out'; readonly error: AsmError })
  | (RunResultBase & { readonly status: 'cancelled' });

/** Reads the result off a run that has ended. Throws `invalid_operation` for one that has not. */
export function runResult(run: Run): RunResult {
  if (!isTerminalRun(run.status)) {
    throw new AsmError('invalid_operation', `Run ${run.id} is ${run.status}: it has no result yet.`);
  }
  const base: RunResultBase = {
    runId: run.id,
    sessionId: run.sessionId,
    provider: run.provider,
    ...(run.model === undefined ? {} : { model: run.model }),
    output: run.output ?? '',
    usage: run.usage,
    ...(run.cost === undefined ? {} : { cost: run.cost }),
    ...(run.stopReason === undefined ? {} : { stopReason: run.stopReason }),
    ...(run.policy === undefined ? {} : { policy: run.policy }),
    durationMs: Math.max(0, (run.endedAt ?? run.createdAt) - (run.startedAt ?? run.createdAt)),
  };
  switch (run.status) {
    case 'completed':
      return { ...base, status: 'completed', interrupted: run.interrupted ?? false };
    case 'cancelled':
      return { ...base, status: 'cancelled' };
    case 'failed':
    case 'timed_out':
      return { ...base, status: run.status, error: runError(run) };
  }
}

function runError(run: Run): AsmError {
  return run.error === undefined
    ? new AsmError('internal_error', `Run ${run.id} ended as ${run.status} without an error.`)
    : errorFromRecord(run.error);
}
