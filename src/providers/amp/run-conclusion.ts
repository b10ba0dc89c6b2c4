import { abortError, AsmError } from '../../domain/error.ts';
import type { RunOutcome } from '../../ports/provider.ts';
import type { ProcessExit } from '../../process/process-group.ts';
import { processError, saidError } from './errors.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { RunControl } from './run-control.ts';
import { notSignedIn } from './sign-in.ts';

/** All that is known when nothing more comes from Amp. */
export interface RunEnding {
  readonly signal: AbortSignal;
  readonly control: RunControl;
  readonly state: NormalizerState;
  /** How the program ended by itself; `undefined` when it lives. */
  readonly exit: ProcessExit | undefined;
  readonly stderr: string;
  readonly thread: string | undefined;
}

/** The outcome of a run, or the error that it failed with, thrown. */
export function concludeRun(ending: RunEnding): RunOutcome {
  const { control, signal, stderr } = ending;
  if (signal.aborted) throw abortError(signal);
  const { result, stopCause } = control;
  const isGood = result !== undefined && fieldOf(result, 'is_error') === false;
  switch (stopCause) {
    case 'no_key':
      throw notSignedIn();
    case 'max_turns':
      throw new AsmError('max_turns_reached', 'Amp used all the answers of its model that it was allowed.', {
        provider: { provider: 'amp', kind: 'max_turns' },
      });
    case 'ungated_call':
      throw new AsmError('agent_protocol_error', 'Amp ran a tool that it asked nobody about.', {
        provider: { provider: 'amp', kind: 'ungated_call' },
      });
    case 'broken_answer':
      throw saidError(control.threadError ?? '', 'broken_answer', stderr);
    case 'interrupted':
      if (!isGood) return outcome(ending, 'interrupted');
      break;
    default:
  }
  if (result === undefined) throw processError({ ...ending.exit, stderr, begun: control.init !== undefined });
  if (isGood) return outcome(ending, 'completed');
  throw saidError(textField(result, 'error') ?? '', textField(result, 'subtype') ?? 'unknown', stderr);
}

function outcome({ control, state, thread }: RunEnding, status: RunOutcome['status']): RunOutcome {
  const output = textField(control.result, 'result') ?? state.lastText;
  return {
    status,
    ...(output === undefined ? {} : { output }),
    ...(state.lastStopReason === undefined ? {} : { stopReason: state.lastStopReason }),
    ...(thread === undefined ? {} : { handle: { id: thread } }),
    usage: state.usage,
  };
}
