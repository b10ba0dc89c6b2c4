import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { listField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Keeps which call started the conversations that it names. */
export function noteSpawned(item: JsonObject, toolCallId: string, state: NormalizerState): void {
  if (textField(item, 'type') !== 'collabAgentToolCall' || textField(item, 'tool') !== 'spawnAgent') return;
  for (const thread of listField(item, 'receiverThreadIds')) {
    if (typeof thread !== 'string') continue;
    state.subagents.set(thread, { parentToolCallId: toolCallId, agentId: thread });
  }
}

/** What became of a subagent; `undefined` when it isn't understood. */
export function normalizeActivity(
  item: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] | undefined {
  const [agentId, kind] = [textField(item, 'agentThreadId'), textField(item, 'kind')];
  if (agentId === undefined || kind === undefined) return undefined;
  const parent = state.subagents.get(agentId)?.parentToolCallId;
  if (parent === undefined) state.subagents.set(agentId, { agentId });
  const call = parent === undefined ? {} : { toolCallId: parent };
  const description = textField(item, 'agentPath');
  switch (kind) {
    case 'started': {
      const about = description === undefined ? {} : { description };
      return [{ type: 'subagent_started', data: { agentId, ...call, ...about, background: true } }];
    }
    case 'completed':
    case 'interrupted':
      return [{ type: 'subagent_completed', data: { agentId, ...call, status: kind } }];
    default:
      return [];
  }
}
