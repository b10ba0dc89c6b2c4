import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fieldOf, textField } from '../../domain/json-field.ts';
import { normalizeAnswer } from './normalize-answer.ts';
import { endCalls, normalizeUser } from './normalize-tool-result.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { unparsed } from './unparsed.ts';

/**
 * Turns one message of Amp into events; `state` is changed. Pure but for that, and never throws for any
 * JSON: what it doesn't know becomes `unparsed`.
 */
export function normalize(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const type = textField(message, 'type');
  const subtype = textField(message, 'subtype');
  if (type === 'assistant') return normalizeAnswer(message, state);
  if (type === 'user') {
    state.lastAnswer = undefined;
    return normalizeUser(message, state);
  }
  // What it says goes into `agent_started`.
  if (type === 'system' && subtype === 'init') return [];
  if (type === 'result' && (subtype === 'success' || subtype === 'error_during_execution'))
    return normalizeResult(message, state);
  return [unparsed(message)];
}

/** The end of the run. Amp leaves messages out when it can't write fast enough; the last text is told here again. */
function normalizeResult(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const text = fieldOf(message, 'result');
  const ended = endCalls(state, () => true, fieldOf(message, 'is_error') === false ? 'done' : 'stopped');
  if (text === undefined || text === null || text === '' || text === state.lastText) return ended;
  if (typeof text !== 'string') return [...ended, unparsed(message)];
  state.lastText = text;
  const messageId = `answer-${state.answers + 1}.0`;
  return [...ended, { type: 'message_received', data: { messageId, role: 'assistant', text } }];
}
