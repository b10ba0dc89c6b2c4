import type { TokenUsage } from '../../src/domain/usage.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';

/** What a model's answer reports as used, as the contract of providers says it. */
export function modelUsage(usage: Partial<TokenUsage> | undefined): Pick<ModelTurn, 'usage'> {
  if (usage === undefined) return {};
  return {
    usage: {
      input: usage.inputTokens ?? 0,
      output: usage.outputTokens ?? 0,
      cacheRead: usage.cacheReadTokens ?? 0,
      cacheWrite: usage.cacheWriteTokens ?? 0,
      reasoning: usage.reasoningTokens ?? 0,
    },
  };
}
