import type { ProviderEvent } from '../../ports/provider.ts';
import type { Answer } from './answer-tracker.ts';
import type { NormalizerState } from './normalizer-state.ts';
import { answerUsage } from './usage-meter.ts';

/** Says that an answer is complete, once. */
export function completeAnswer(
  answer: Answer,
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  if (answer.completed) return [];
  answer.completed = true;
  if (answer.usage !== undefined) state.usage.addAnswer(answer.model, answer.usage, answer);
  return [
    ...(answer.usage === undefined
      ? []
      : [{ type: 'token_usage_updated' as const, data: state.usage.figures() }]),
    {
      type: 'turn_completed',
      data: {
        messageId: answer.id,
        ...(answer.stopReason === undefined ? {} : { stopReason: answer.stopReason }),
        // An answer that came whole tells only what its beginning had used.
        ...(answer.usage === undefined || !answer.streamed ? {} : { usage: answer.usage }),
        ...(answer.model === undefined ? {} : { model: answer.model }),
        ...lineOf(thread),
      },
    },
  ];
}

/** Says that an answer which came whole is complete: something else of its thread follows. */
export function completeWholeAnswer(
  thread: string | undefined,
  state: NormalizerState,
): readonly ProviderEvent[] {
  const answer = state.answers.current(thread);
  return answer === undefined || answer.streamed ? [] : completeAnswer(answer, thread, state);
}

/**
 * Counts the answers that were cut off as the run ended: what their beginning said, since the service
 * charges for them too. True when there were any.
 */
export function countCutAnswers(state: NormalizerState): boolean {
  const cut = state.answers.open().filter((answer) => answer.streamed);
  for (const answer of cut) {
    answer.completed = true;
    state.usage.addAnswer(answer.model, answer.usage ?? answerUsage(answer.startUsage), answer);
  }
  return cut.length > 0;
}

/** The field that names the thread; the main one has none. */
export function lineOf(thread: string | undefined): { readonly parentToolCallId?: string } {
  return thread === undefined ? {} : { parentToolCallId: thread };
}
