import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { endOpenCalls, normalizeHookEnd, normalizeItemEnd, normalizeItemStart } from './normalize-item.ts';
import { normalizePieces } from './normalize-pieces.ts';
import { normalizeNotice } from './normalize-notice.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { notifications, silentNotifications } from './protocol.ts';
import { unparsed } from './unparsed.ts';
import { hasFigures } from './usage-meter.ts';

const silent: ReadonlySet<string> = new Set([
  ...silentNotifications,
  notifications.turnStarted,
  notifications.requestResolved,
  notifications.closed,
]);

/**
 * Turns one notification of Codex's app-server into events; `state` is changed. Pure but for that, and never
 * throws for any JSON: what it doesn't know becomes `unparsed`.
 */
export function normalize(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const method = textField(message, 'method') ?? '';
  if (silent.has(method)) return [];
  const params = fieldOf(message, 'params');
  if (!isJsonObject(params)) return [unparsed(message)];
  switch (method) {
    case notifications.itemStarted:
      return normalizeItemStart(message, state);
    case notifications.itemCompleted:
      return normalizeItemEnd(message, state);
    case notifications.hookCompleted:
      return normalizeHookEnd(message, state);
    case notifications.messageDelta:
    case notifications.summaryDelta:
    case notifications.reasoningDelta:
    case notifications.commandOutput:
      return normalizePieces(method, message, params, state);
    case notifications.tokenUsage:
      return tokenUsage(message, params, state);
    case notifications.turnCompleted:
      return turnEnd(message, params, state);
    default:
      return normalizeNotice(method, message, params, state);
  }
}

function tokenUsage(
  message: JsonObject,
  params: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  if (!hasFigures(params)) return [unparsed(message)];
  // A conversation that goes on tells once more what its last turn used.
  if (textField(params, 'turnId') !== state.turnId) return [];
  const answer = state.usage.take(fieldOf(params, 'tokenUsage'));
  const model = state.model === undefined ? {} : { model: state.model };
  return [
    ...(answer === undefined ? [] : [{ type: 'turn_completed' as const, data: { usage: answer, ...model } }]),
    { type: 'token_usage_updated', data: { usage: state.usage.usage } },
  ];
}

function turnEnd(message: JsonObject, params: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const turn = fieldOf(params, 'turn');
  if (!isJsonObject(turn) || textField(turn, 'status') === undefined) return [unparsed(message)];
  if (textField(turn, 'id') !== state.turnId) return [];
  state.ended = turn;
  return endOpenCalls(state);
}
