import type { ProviderEvent } from '../../ports/provider.ts';
import { completeWholeAnswer } from './answer-completion.ts';
import type { NormalizerState } from './normalizer-state.ts';

/** Says that a subagent has ended, once. */
export function endAgent(
  agentId: string,
  status: string,
  summary: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const agent = state.subagents.get(agentId);
  if (agent === undefined || !state.subagents.finish(agentId)) return [];
  const { toolCallId } = agent;
  const last = toolCallId === undefined ? [] : completeWholeAnswer(toolCallId, state);
  if (toolCallId !== undefined) state.answers.forget(toolCallId);
  return [
    ...last,
    {
      type: 'subagent_completed',
      data: {
        agentId,
        ...(toolCallId === undefined ? {} : { toolCallId }),
        status,
        ...(summary === undefined ? {} : { summary }),
      },
    },
  ];
}
