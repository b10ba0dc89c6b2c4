import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { listField, textField } from './native-fields.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Longest task or answer of a subagent that is told with its begin or end, in characters. */
const toldLength = 2_000;

/** The conversations that a call has started, by their ids. */
export function spawnedThreads(item: JsonObject): readonly string[] {
  if (textField(item, 'type') !== 'collabAgentToolCall' || textField(item, 'tool') !== 'spawnAgent')
    return [];
  return listField(item, 'receiverThreadIds').filter((thread) => typeof thread === 'string');
}

/** The begin of the subagents that a call has started. */
export function beginSubagents(
  item: JsonObject,
  toolCallId: string,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const task = textField(item, 'prompt')?.slice(0, toldLength);
  const description = task === undefined ? {} : { description: task };
  return spawnedThreads(item)
    .filter((agentId) => !state.subagents.has(agentId))
    .map((agentId) => {
      state.subagents.set(agentId, { parentToolCallId: toolCallId, agentId });
      return { type: 'subagent_started', data: { agentId, toolCallId, ...description, background: true } };
    });
}

/** The begin or end of a subagent's turn. */
export function followSubagent(
  agentId: string,
  turn: JsonObject,
  ended: boolean,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const lineage = state.subagents.get(agentId);
  if (lineage === undefined) return [];
  if (!ended) {
    state.subagentTurns.set(agentId, textField(turn, 'id') ?? '');
    return [];
  }
  state.subagentTurns.delete(agentId);
  const call = lineage.parentToolCallId === undefined ? {} : { toolCallId: lineage.parentToolCallId };
  const answer = textField(listField(turn, 'items').at(-1), 'text')?.slice(0, toldLength);
  const summary = answer === undefined ? {} : { summary: answer };
  const status = textField(turn, 'status') ?? 'unknown';
  return [{ type: 'subagent_completed', data: { agentId, ...call, status, ...summary } }];
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
