import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isJsonObject, toJson } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fieldOf, listField, textField } from '../../domain/json-field.ts';
import { startCall } from './normalize-call.ts';
import type { NormalizerState } from './normalizer-state.ts';
import type { PermissionGate } from './permission-gate.ts';
import { readToolCall } from './tool-call.ts';

/** The answer to an agent that asks for a permission. */
export type PermissionOutcome = {
  readonly outcome:
    | { readonly outcome: 'selected'; readonly optionId: string }
    | { readonly outcome: 'cancelled' };
};

/** A refusal with its reason, which the protocol has no field for: it is told as an error in place of the answer. */
export interface PermissionRefusal {
  readonly refusal: string;
}

export interface PermissionRequestOptions {
  readonly state: NormalizerState;
  readonly gate: PermissionGate;
  /** Takes what became known of the call. */
  readonly emit: (events: readonly ProviderEvent[]) => void;
  /** Aborted when the turn is stopped: every question is then answered with that. */
  readonly stopping: AbortSignal;
}

/** Characters of a reason that the agent is told. */
const maximumReason = 8_192;

const cancelled: PermissionOutcome = { outcome: { outcome: 'cancelled' } };

/** Answers `session/request_permission`. What can't be understood is refused. */
export async function answerPermission(
  parameters: JsonValue,
  signal: AbortSignal,
  { state, gate, emit, stopping }: PermissionRequestOptions,
): Promise<PermissionOutcome | PermissionRefusal> {
  const said = fieldOf(parameters, 'toolCall');
  const call = isJsonObject(said) ? state.calls.merge(withoutStatus(said)) : undefined;
  const isOurs = textField(parameters, 'sessionId') === state.sessionId;
  if (call === undefined || !isOurs || stopping.aborted) {
    if (call === undefined || !isOurs) emit([{ type: 'unparsed', data: { raw: toJson(parameters) } }]);
    return await (stopping.aborted ? stoppedAnswer(state, signal) : cancelled);
  }
  emit(startCall(call, state));
  const authorization = await gate.decide(readToolCall(call, state.reader), signal);
  if (stopping.aborted) return await stoppedAnswer(state, signal);
  if (authorization.decision === 'deny' && state.reader.preset?.refusedByError === true)
    return { refusal: `The call was refused. ${authorization.reason.slice(0, maximumReason)}` };
  const option = chooseOption(listField(parameters, 'options'), authorization.decision);
  return option === undefined ? cancelled : { outcome: { outcome: 'selected', optionId: option } };
}

/** The answer once the turn is stopped: where the agent takes its question back, not before that. */
async function stoppedAnswer({ reader }: NormalizerState, signal: AbortSignal): Promise<PermissionOutcome> {
  if (reader.preset?.takesQuestionsBack === true && !signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return cancelled;
}

/**
 * The option for a decision. One that allows for longer than this call is never taken: the gate could not
 * decide about the calls after it.
 */
function chooseOption(options: readonly JsonValue[], decision: 'allow' | 'deny'): string | undefined {
  const byKind = (kind: string): string | undefined => {
    const option = options.find((one) => textField(one, 'kind') === kind);
    return textField(option, 'optionId');
  };
  const refusal = byKind('reject_once') ?? byKind('reject_always');
  return decision === 'allow' ? (byKind('allow_once') ?? refusal) : refusal;
}

/** A question isn't news about how far a call has come. */
function withoutStatus(said: JsonObject): JsonObject {
  const { status: _status, ...rest } = said;
  return rest;
}
