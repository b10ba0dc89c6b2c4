import type { Cost } from '../domain/cost.ts';
import type { AsmError, ErrorRecord } from '../domain/error.ts';
import type { RunEndData } from '../domain/event-data.ts';
import type { EventDraft, TerminalRunEvent } from '../domain/event.ts';
import type { TerminalRunStatus } from '../domain/run.ts';
import type { TokenUsage } from '../domain/usage.ts';
import type { RunOutcome } from '../ports/provider.ts';

export interface RunEndFacts {
  readonly outcome: RunOutcome | undefined;
  readonly error: AsmError | undefined;
  /** For what a guard stopped the run. */
  readonly stopped: AsmError | undefined;
  readonly cancelled: boolean;
  readonly cancelReason: string | undefined;
  readonly timeout: AsmError | undefined;
  readonly usage: TokenUsage;
  readonly cost: Cost | undefined;
  readonly durationMs: number;
}

/** The end of a run: what its row says, and the events, of which the last is the terminal one. */
export interface RunEnd {
  readonly status: TerminalRunStatus;
  readonly error: ErrorRecord | undefined;
  readonly data: RunEndData;
  readonly events: readonly EventDraft[];
}

/**
 * Decides how a run ended. What a guard stopped has failed, even if the agent ended well. An outcome of
 * the agent counts even if a cancel came at the same moment: what was done is done. Else a time limit beats a cancel, and a cancel any failure that it caused.
 */
export function runEnd(facts: RunEndFacts): RunEnd {
  const { outcome, timeout, cancelled, cancelReason } = facts;
  const data: RunEndData = {
    usage: facts.usage,
    durationMs: facts.durationMs,
    ...(facts.cost === undefined ? {} : { cost: facts.cost }),
    ...(outcome?.stopReason === undefined ? {} : { stopReason: outcome.stopReason }),
  };
  if (facts.stopped !== undefined) return failed(data, facts.stopped);
  if (outcome !== undefined) {
    return ended('completed', data, undefined, [
      { type: 'run_completed', data: { ...data, interrupted: outcome.status === 'interrupted' } },
    ]);
  }
  if (timeout !== undefined) {
    const error = timeout.toJSON();
    return ended('timed_out', data, error, [{ type: 'run_timed_out', data: { ...data, error } }]);
  }
  if (cancelled) {
    const reason = cancelReason === undefined ? {} : { reason: cancelReason };
    return ended('cancelled', data, undefined, [{ type: 'run_cancelled', data: { ...data, ...reason } }]);
  }
  return failed(data, facts.error);
}

function failed(data: RunEndData, cause: AsmError | undefined): RunEnd {
  const error: ErrorRecord = cause?.toJSON() ?? {
    code: 'internal_error',
    message: 'The run ended without an outcome and without an error.',
    retryable: false,
    recovery: 'abort',
  };
  return ended('failed', data, error, [
    { type: 'attempt_failed', data: { error, next: 'none' } },
    { type: 'run_failed', data: { ...data, error } },
  ]);
}

function ended(
  status: TerminalRunStatus,
  data: RunEndData,
  error: ErrorRecord | undefined,
  events: readonly EventDraft<TerminalRunEvent | 'attempt_failed'>[],
): RunEnd {
  return { status, data, error, events };
}
