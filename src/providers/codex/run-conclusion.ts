import { abortError, type AsmError } from '../../domain/error.ts';
import type { RunOutcome } from '../../ports/provider.ts';
import { turnError } from './errors.ts';
import { fieldOf, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** All that is known when nothing more comes from the agent. */
export interface RunEnding {
  readonly provider: string;
  readonly signal: AbortSignal;
  /** Why the run failed, unless its turn tells. */
  readonly failure: AsmError | undefined;
  readonly state: NormalizerState;
}

/** The outcome of a run, or the error that it failed with, thrown. */
export function concludeRun({ provider, signal, failure, state }: RunEnding): RunOutcome {
  if (signal.aborted) throw abortError(signal);
  const status = textField(state.ended, 'status');
  if (status === 'completed') return outcome('completed', state);
  if (state.interrupted && (status === undefined || status === 'interrupted') && failure === undefined) {
    return outcome('interrupted', state);
  }
  if (state.ended === undefined && failure !== undefined) throw failure;
  throw turnError({
    provider,
    error: fieldOf(state.ended, 'error') ?? state.error,
    limitResetsAt: state.limitResetsAt,
  });
}

function outcome(status: RunOutcome['status'], state: NormalizerState): RunOutcome {
  const stopReason = textField(state.ended, 'status');
  return {
    status,
    ...(state.output === undefined ? {} : { output: state.output }),
    ...(stopReason === undefined ? {} : { stopReason }),
    handle: { id: state.thread },
    usage: state.usage.usage(),
  };
}
