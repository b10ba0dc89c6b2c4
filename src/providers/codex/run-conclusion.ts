import { abortError, AsmError, isAsmError } from '../../domain/error.ts';
import type { RunOutcome } from '../../ports/provider.ts';
import { protocolError, turnError } from './errors.ts';
import { objectField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** All that is known when nothing more comes from the agent. */
export interface RunEnding {
  readonly signal: AbortSignal;
  readonly state: NormalizerState;
  /** Why nothing more comes, when that isn't the end of the turn. */
  readonly thrown: unknown;
  readonly stderr: string;
  /** True when the answer was to have a given form. */
  readonly wantsForm: boolean;
  /** Variables in which model providers of Codex' configuration have their keys. */
  readonly keyVariables: readonly string[];
}

/** The outcome of a run, or the error that it failed with, thrown. */
export function concludeRun(ending: RunEnding): RunOutcome {
  const { signal, state, thrown, stderr, wantsForm, keyVariables } = ending;
  if (signal.aborted) throw abortError(signal);
  if (state.ended === undefined) {
    if (state.interrupted && isAsmError(thrown) && thrown.provider?.kind === 'ended')
      return outcome(state, 'interrupted');
    throw isAsmError(thrown) ? thrown : protocolError(String(thrown), stderr);
  }
  switch (textField(state.ended, 'status')) {
    case 'completed':
      if (wantsForm && !isJson(state.output)) {
        throw new AsmError('agent_failed', 'Codex did not answer in the form that was asked for.', {
          provider: { provider: 'codex', kind: 'no_structured_output' },
        });
      }
      return outcome(state, 'completed');
    case 'interrupted':
      if (state.interrupted) return outcome(state, 'interrupted');
      throw new AsmError('agent_failed', 'Codex stopped its turn by itself.', {
        provider: { provider: 'codex', kind: 'interrupted' },
      });
    default:
      throw turnError(
        {
          error: objectField(state.ended, 'error'),
          retried: state.retried,
          limitResetsAt: state.limits.resetsAt,
          keyVariables,
        },
        stderr,
      );
  }
}

/** Why Codex asks its model again, as if its turn had failed with that. */
export function retryFailure({ retried, limits }: NormalizerState): AsmError {
  return turnError({ error: retried ?? {}, retried, limitResetsAt: limits.resetsAt, keyVariables: [] }, '');
}

function outcome(state: NormalizerState, status: RunOutcome['status']): RunOutcome {
  const { output, threadId, model, instructions } = state;
  const counters = {
    ...(model === undefined ? {} : { model }),
    ...(instructions === undefined ? {} : { instructions }),
  };
  return {
    status,
    ...(output === undefined ? {} : { output }),
    stopReason: textField(state.ended, 'status') ?? status,
    ...(threadId === undefined ? {} : { handle: { id: threadId, counters } }),
    usage: state.usage.usage,
  };
}

function isJson(text: string | undefined): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}
