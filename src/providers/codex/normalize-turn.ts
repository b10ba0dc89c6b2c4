import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { failureSign } from './errors.ts';
import { fieldOf, listField, objectField, textField } from './native-fields.ts';
import { lineOf } from './normalize-delta.ts';
import { endOpenCalls } from './normalize-tool-result.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { followSubagent } from './subagent.ts';

/** What is said about a whole turn: its begin and end, its plan, its usage, its errors. */
export function normalizeTurn(
  method: string,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  switch (method) {
    case 'turn/started':
      if (!isOwn(params, state)) return followSubagent(...turnOf(params), false, state);
      state.turn ??= textField(fieldOf(params, 'turn'), 'id');
      return [];
    case 'turn/completed':
      return isOwn(params, state)
        ? endTurn(objectField(params, 'turn'), state)
        : followSubagent(...turnOf(params), true, state);
    case 'turn/plan/updated':
      return isOwn(params, state) ? updatePlan(params) : [];
    case 'thread/tokenUsage/updated':
      return updateUsage(params, state);
    default:
      return takeError(params, state);
  }
}

function endTurn(turn: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const id = textField(turn, 'id');
  // An earlier run's turn, which ends late.
  if (id !== undefined && state.turn !== undefined && id !== state.turn) return [];
  state.ended = turn;
  const abandoned = state.messages.takeRest().map((messageId): ProviderEvent => {
    const message = `The message ${messageId} broke off; what came of it is not part of the conversation.`;
    return { type: 'warning_raised', data: { code: 'message_abandoned', message } };
  });
  return [...(textField(turn, 'status') === 'completed' ? abandoned : []), ...endOpenCalls(state)];
}

const stepStatuses = { pending: 'pending', inProgress: 'in_progress', completed: 'completed' } as const;

function updatePlan(params: JsonObject): readonly ProviderEvent[] {
  const plan = listField(params, 'plan');
  const isKnown = plan.length > 0 && plan.every((step) => textField(step, 'step') !== undefined);
  if (!isKnown) return [{ type: 'unparsed', data: { raw: { method: 'turn/plan/updated', params } } }];
  const steps = plan.map((step) => {
    const status = textField(step, 'status');
    const known = status === 'inProgress' || status === 'completed' ? status : 'pending';
    return { text: textField(step, 'step') ?? '', status: stepStatuses[known] };
  });
  return [{ type: 'plan_updated', data: { steps } }];
}

function updateUsage(params: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const thread = textField(params, 'threadId') ?? '';
  // On resume, Codex first tells what earlier turns had used.
  if (isOwn(params, state) && textField(params, 'turnId') !== state.turn) return [];
  const answer = state.usage.take(thread, fieldOf(params, 'tokenUsage'));
  if (answer === undefined) return [];
  state.retries = 0;
  const usage = state.usage.usage();
  const byModel = state.model === undefined ? {} : { byModel: { [state.model]: usage } };
  const model = state.model === undefined ? {} : { model: state.model };
  return [
    { type: 'turn_completed', data: { usage: answer, ...model, ...lineOf(thread, state) } },
    { type: 'token_usage_updated', data: { usage, ...byModel } },
  ];
}

function takeError(params: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const error = fieldOf(params, 'error');
  if (!isJsonObject(error) || textField(error, 'message') === undefined)
    return [{ type: 'unparsed', data: { raw: { method: 'error', params } } }];
  if (fieldOf(params, 'willRetry') !== true) {
    if (isOwn(params, state)) state.error = error;
    return [];
  }
  const { status } = failureSign(error);
  const reason = (textField(error, 'message') ?? 'unknown').slice(0, 2_000);
  const data = {
    attempt: ++state.retries,
    reason,
    ...(status === undefined ? {} : { status }),
  };
  return [{ type: 'agent_retrying', data }];
}

function turnOf(params: JsonObject): [thread: string, turn: JsonObject] {
  return [textField(params, 'threadId') ?? '', objectField(params, 'turn')];
}

function isOwn(params: JsonObject, state: NormalizerState): boolean {
  const thread = textField(params, 'threadId');
  return thread === undefined || thread === state.thread || state.thread === '';
}
