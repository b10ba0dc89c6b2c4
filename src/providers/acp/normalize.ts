import { toJson, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { noUsage } from '../../domain/usage.ts';
import type { CountedAnswer } from './answer-meter.ts';
import { fieldAt, fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';
import { normalizeCall } from './normalize-call.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Updates that say nothing of the run, or nothing that others don't say. */
const silent: ReadonlySet<string> = new Set([
  'user_message_chunk',
  'available_commands_update',
  'config_option_update',
  'session_info_update',
  'compaction_summary_chunk',
]);

const planStatuses = ['pending', 'in_progress', 'completed'] as const;

/**
 * Turns the parameters of one `session/update` into events; `state` is changed. Pure but for that, and
 * never throws for any JSON: what it doesn't know becomes `unparsed`.
 */
export function normalize(parameters: JsonValue, state: NormalizerState): readonly ProviderEvent[] {
  const update = fieldOf(parameters, 'update');
  const kind = textField(update, 'sessionUpdate');
  const isOurs = state.sessionId === undefined || textField(parameters, 'sessionId') === state.sessionId;
  if (update === undefined || kind === undefined || !isOurs) return unparsed(parameters);
  if (silent.has(kind)) return [];
  return normalizeUpdate(update as JsonObject, kind, state) ?? unparsed(parameters);
}

/** Takes a message of Claude Code's that the agent passes on beside its own updates. */
export function normalizeOwnMessage(parameters: JsonValue, state: NormalizerState): readonly ProviderEvent[] {
  return answerEvents(state.usage.answers.takeMessage(fieldOf(parameters, 'message')), state);
}

function answerEvents(answer: CountedAnswer | undefined, state: NormalizerState): readonly ProviderEvent[] {
  if (answer === undefined) return [];
  const { usage = noUsage, ...figures } = state.usage.figures();
  return [
    { type: 'turn_completed', data: { ...answer } },
    { type: 'token_usage_updated', data: { usage, ...figures } },
  ];
}

/** The events of an update; `undefined` when it can't be understood. */
function normalizeUpdate(
  update: JsonObject,
  kind: string,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  switch (kind) {
    case 'agent_message_chunk':
      return addText('message', update, state);
    case 'agent_thought_chunk':
      return addText('reasoning', update, state);
    case 'tool_call':
    case 'tool_call_update':
      return normalizeCall(update, state);
    case 'plan':
      return updatePlan(update, state);
    case 'usage_update':
      state.usage.takeCost(fieldOf(update, 'cost'));
      return answerEvents(state.usage.answers.takeTotal(numberField(update, 'used')), state);
    case 'current_mode_update':
      return changeMode(textField(update, 'currentModeId'), state);
    case 'notice':
      return notice(update);
    case 'compaction_update':
      return compaction(update);
    default:
      return undefined;
  }
}

function addText(
  kind: 'message' | 'reasoning',
  update: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const content = fieldOf(update, 'content');
  const text = textField(content, 'text');
  if (text === undefined || textField(content, 'type') !== 'text') return undefined;
  const path = state.reader.preset?.parentCallMeta;
  const parent = path === undefined ? undefined : fieldAt(fieldOf(update, '_meta'), path);
  return state.texts.add({
    kind,
    text,
    nativeId: textField(update, 'messageId'),
    parent: typeof parent === 'string' ? parent : undefined,
  });
}

function updatePlan(update: JsonObject, state: NormalizerState): readonly ProviderEvent[] | undefined {
  if (!Array.isArray(fieldOf(update, 'entries'))) return undefined;
  const steps = listField(update, 'entries').map((entry) => ({
    text: textField(entry, 'content') ?? '',
    status: planStatuses.find((status) => status === textField(entry, 'status')) ?? 'pending',
  }));
  const plan = JSON.stringify(steps);
  if (plan === state.plan) return [];
  state.plan = plan;
  return [{ type: 'plan_updated', data: { steps } }];
}

/** A mode that the agent takes by itself may let through what ours would ask about. */
function changeMode(mode: string | undefined, state: NormalizerState): readonly ProviderEvent[] | undefined {
  if (mode === undefined) return undefined;
  const before = state.mode;
  state.mode = mode;
  if (before === undefined || before === mode) return [];
  const message = `The agent has changed its mode from ${before} to ${mode}.`;
  return [{ type: 'warning_raised', data: { code: 'agent_mode_changed', message } }];
}

function notice(update: JsonObject): readonly ProviderEvent[] | undefined {
  const title = textField(update, 'title');
  if (title === undefined) return undefined;
  const description = textField(update, 'description');
  const message = description === undefined ? title : `${title}: ${description}`;
  return [{ type: 'warning_raised', data: { code: 'agent_notice', message } }];
}

function compaction(update: JsonObject): readonly ProviderEvent[] | undefined {
  const status = textField(update, 'status');
  if (status === undefined) return undefined;
  return status === 'completed' ? [{ type: 'context_compacted', data: { trigger: 'agent' } }] : [];
}

function unparsed(raw: JsonValue): readonly ProviderEvent[] {
  return [{ type: 'unparsed', data: { raw: toJson(raw) } }];
}
