import { abortError, AsmError } from '../../domain/error.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { RunOutcome } from '../../ports/provider.ts';
import type { AcpAgent } from './agent.ts';
import { protocolError, requestError, stopError, type ProcessState } from './errors.ts';
import { textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** All that is known when the turn is over. */
export interface RunEnding {
  readonly agent: AcpAgent;
  readonly signal: AbortSignal;
  readonly state: NormalizerState;
  /** The answer to the prompt, where one came. */
  readonly result: JsonValue | undefined;
  /** What the prompt was rejected with. */
  readonly thrown: unknown;
  readonly process: ProcessState;
  /** True when the gate refused a call: some agents then end their turn as cancelled. */
  readonly hasDenied: boolean;
}

/** The outcome of a run, or the error that it failed with, thrown. */
export function concludeRun(ending: RunEnding): RunOutcome {
  const { agent, state, result } = ending;
  if (ending.signal.aborted) throw abortError(ending.signal);
  if (result === undefined) {
    if (state.interrupted) return outcome(state, 'interrupted', 'cancelled');
    throw requestError(agent, ending.thrown, ending.process);
  }
  const stopReason = textField(result, 'stopReason');
  if (stopReason === undefined) throw protocolError(agent.name, 'ended its turn without a reason');
  if (state.interrupted && stopReason === 'cancelled') return outcome(state, 'interrupted', stopReason);
  const error = stopError(agent, stopReason);
  if (error !== undefined) throw error;
  if (stopReason === 'cancelled' && !ending.hasDenied) {
    throw new AsmError('agent_failed', `The agent ${agent.name} cancelled its turn by itself.`, {
      provider: { provider: agent.name, kind: stopReason },
    });
  }
  return outcome(state, 'completed', stopReason);
}

function outcome(state: NormalizerState, status: RunOutcome['status'], stopReason: string): RunOutcome {
  const { usage, cost } = state.usage.figures();
  const counters = state.usage.counters();
  const output = state.texts.lastMessage;
  return {
    status,
    stopReason,
    ...(output === undefined ? {} : { output }),
    ...(state.sessionId === undefined
      ? {}
      : { handle: { id: state.sessionId, ...(counters === undefined ? {} : { counters }) } }),
    ...(usage === undefined ? {} : { usage }),
    ...(cost === undefined ? {} : { cost }),
  };
}
