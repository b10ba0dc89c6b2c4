import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { completeWholeAnswer } from './answer-completion.ts';
import { normalizeAnswer } from './normalize-answer.ts';
import { normalizeStream } from './normalize-stream.ts';
import { normalizeRateLimit, normalizeSystem } from './normalize-system.ts';
import { normalizeUser } from './normalize-tool-result.ts';
import { textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { unparsed } from './unparsed.ts';

/** Messages that say nothing of the run, or nothing that others don't say. */
const silent: ReadonlySet<string> = new Set([
  'command_lifecycle',
  'tool_progress',
  'tool_use_summary',
  'auth_status',
  'prompt_suggestion',
  'keep_alive',
  'active_goal',
  // What the program adds to the conversation for itself, such as that a hook was asked.
  'attachment',
]);

/**
 * Turns one message of Claude Code into events; `state` is changed. Pure but for that, and never throws
 * for any JSON: what it doesn't know becomes `unparsed`.
 */
export function normalize(message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const type = textField(message, 'type') ?? '';
  if (silent.has(type)) return [];
  switch (type) {
    case 'stream_event':
      return normalizeStream(message, state);
    case 'assistant':
      return normalizeAnswer(message, state);
    case 'user':
      return [
        ...completeWholeAnswer(textField(message, 'parent_tool_use_id'), state),
        ...normalizeUser(message, state),
      ];
    case 'system':
      return normalizeSystem(message, state);
    case 'rate_limit_event':
      return normalizeRateLimit(message, state);
    case 'result': {
      const completed = completeWholeAnswer(undefined, state);
      state.usage.takeResult(message);
      return [...completed, { type: 'token_usage_updated', data: state.usage.figures() }];
    }
    default:
      return [unparsed(message)];
  }
}
