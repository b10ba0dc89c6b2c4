import type { NormalizerState } from './normalizer-state.ts';

/**
 * True when a tool call is the only one that there is: the model's answer is complete and has no other, no
 * other is open, and no subagent works. When Claude Code is ended with several, all but one are lost; when it is to be
 * told of a subagent's end, it doesn't end but takes another turn.
 */
export function isLoneCall(toolCallId: string, { answers, calls, subagents }: NormalizerState): boolean {
  const answer = answers.current(undefined);
  const callsInAnswer = answer?.blocks.filter(({ type }) => type === 'tool_use').length;
  return answer?.completed === true && callsInAnswer === 1 && calls.isOnly(toolCallId) && subagents.settled;
}
