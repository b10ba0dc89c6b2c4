import { abortError, AsmError, isAsmError } from '../../domain/error.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { RunOutcome } from '../../ports/provider.ts';
import type { ProcessExit } from '../../process/process-group.ts';
import { processError, turnError } from './errors.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** All that is known when nothing more comes from the agent. */
export interface RunEnding {
  readonly signal: AbortSignal;
  /** The last result of a turn. */
  readonly result: JsonObject | undefined;
  /** True when a turn began. */
  readonly begun: boolean;
  readonly interrupted: boolean;
  /** What the SDK threw. It throws after every result that is an error, and then says nothing new. */
  readonly thrown: unknown;
  /** How the program broke its protocol, when it was ended for that. */
  readonly broken: string | undefined;
  /** How the program ended by itself; `undefined` when it was let go, or lives. */
  readonly exit: ProcessExit | undefined;
  readonly stderr: string;
  readonly state: NormalizerState;
  readonly resumed: string | undefined;
  readonly conversation: string;
  /** True when the program was told to end with a question open. */
  readonly parked: boolean;
  /** True when the answer was to have a given form. */
  readonly wantsForm: boolean;
}

/** The outcome of a run, or the error that it failed with, thrown. */
export function concludeRun(ending: RunEnding): RunOutcome {
  const { result, state } = ending;
  if (ending.signal.aborted) throw abortError(ending.signal);
  if (isAsmError(ending.thrown)) throw ending.thrown;
  if (ending.broken !== undefined)
    throw processError({ stderr: ending.stderr, cause: new Error(ending.broken) });
  if (result === undefined || hasCrashed(ending)) {
    if (ending.interrupted && result === undefined) return outcome(ending, 'interrupted');
    throw processError({
      ...ending.exit,
      stderr: ending.stderr,
      cause: ending.thrown ?? new Error('it fell silent'),
    });
  }
  if (ending.parked) {
    if (textField(result, 'terminal_reason') === 'tool_deferred') return outcome(ending, 'parked');
    // A person may have interrupted it at the same moment.
    if (!ending.interrupted)
      throw new AsmError('agent_failed', 'Claude Code did not end with the question open, as it was to.', {
        provider: { provider: 'claude', kind: textField(result, 'terminal_reason') ?? 'not_deferred' },
      });
  }
  if (
    fieldOf(result, 'is_error') !== true &&
    !state.refused &&
    textField(result, 'stop_reason') !== 'refusal'
  ) {
    if (ending.wantsForm && structuredOutput(result) === undefined) {
      throw new AsmError('agent_failed', 'Claude Code did not answer in the form that was asked for.', {
        provider: { provider: 'claude', kind: 'no_structured_output' },
      });
    }
    return outcome(ending, 'completed');
  }
  if (ending.interrupted && textField(result, 'terminal_reason')?.startsWith('aborted') === true) {
    return outcome(ending, 'interrupted');
  }
  throw turnError(
    {
      result,
      assistantError: state.assistantError,
      refused: state.refused,
      limitResetsAt: state.limitResetsAt,
      begun: ending.begun,
      resumed: ending.resumed,
    },
    ending.stderr,
  );
}

/** True when the program died in a later turn, so that the result of the earlier one isn't the last word. */
function hasCrashed({ result, exit, thrown }: RunEnding): boolean {
  if (fieldOf(result, 'is_error') === true || thrown === undefined || exit === undefined) return false;
  return exit.signal !== undefined || exit.exitCode !== 0;
}

function outcome(ending: RunEnding, status: RunOutcome['status']): RunOutcome {
  const { usage, cost } = ending.state.usage.figures();
  const counters = ending.state.usage.counters();
  const output = outputOf(ending.result);
  const stopReason = textField(ending.result, 'stop_reason') ?? textField(ending.result, 'terminal_reason');
  return {
    status,
    ...(output === undefined ? {} : { output }),
    ...(stopReason === undefined ? {} : { stopReason }),
    handle: { id: ending.conversation, ...(counters === undefined ? {} : { counters }) },
    usage,
    ...(cost === undefined ? {} : { cost }),
  };
}

/** The answer that fits the schema, as JSON text, where one was asked for; else the last message. */
function outputOf(result: JsonObject | undefined): string | undefined {
  return structuredOutput(result) ?? textField(result, 'result');
}

function structuredOutput(result: JsonObject | undefined): string | undefined {
  const structured = fieldOf(result, 'structured_output');
  return isJsonObject(structured) || Array.isArray(structured) ? JSON.stringify(structured) : undefined;
}
