import type { JsonObject } from '../../domain/json.ts';
import type { ProviderEvent } from '../../ports/provider.ts';
import { fieldOf, objectField, textField } from '../../domain/json-field.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { endAgent } from './subagent-end.ts';
import { unparsed } from './unparsed.ts';

/** Ends of a task, in the words of its updates. */
const ended: ReadonlySet<string> = new Set(['completed', 'failed', 'killed', 'stopped']);

/** Messages about tasks: of these only subagents are ours; background commands are tool calls. */
export function normalizeTask(
  subtype: string,
  message: JsonObject,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const agentId = textField(message, 'task_id');
  if (agentId === undefined) return [unparsed(message)];
  switch (subtype) {
    case 'task_started':
      return startAgent(agentId, message, state);
    case 'task_updated': {
      const patch = objectField(message, 'patch');
      const agent = state.subagents.get(agentId);
      if (agent !== undefined && fieldOf(patch, 'is_backgrounded') === true) agent.background = true;
      // What it has to say comes with the notification that follows.
      if (ended.has(textField(patch, 'status') ?? '')) state.subagents.rest(agentId);
      return [];
    }
    case 'task_notification':
      return endAgent(
        agentId,
        textField(message, 'status') ?? 'unknown',
        textField(message, 'summary'),
        state,
      );
    case 'task_progress':
      return [];
    default:
      return [unparsed(message)];
  }
}

function startAgent(agentId: string, message: JsonObject, state: NormalizerState): readonly ProviderEvent[] {
  const taskType = textField(message, 'task_type');
  if (taskType !== undefined && !taskType.includes('agent')) return [];
  const toolCallId = textField(message, 'tool_use_id');
  const agentType = textField(message, 'subagent_type');
  const description = textField(message, 'description');
  const background = fieldOf(message, 'is_backgrounded') === true;
  state.subagents.start({ agentId, toolCallId, agentType, background });
  return [
    {
      type: 'subagent_started',
      data: {
        agentId,
        ...(toolCallId === undefined ? {} : { toolCallId }),
        ...(agentType === undefined ? {} : { agentType }),
        ...(description === undefined ? {} : { description }),
        background,
      },
    },
  ];
}
