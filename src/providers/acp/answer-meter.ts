import { fieldOf, numberField, textField } from '../../domain/json-field.ts';
import type { JsonValue } from '../../domain/json.ts';
import {
  addUsageByModel,
  tokenUsage,
  totalTokens,
  unknownModel,
  type TokenUsage,
  type UsageByModel,
} from '../../domain/usage.ts';

/** One answer of the model, and what it used. */
export interface CountedAnswer {
  readonly messageId: string;
  readonly model: string;
  readonly usage: TokenUsage;
}

/**
 * Counts answers while a turn goes on, for agents that pass on the messages of Claude Code. A message has what the model
 * read, and comes before all of its answer is written; the update that follows has the sum of both.
 */
export interface AnswerMeter {
  /** Takes a message of Claude Code's; gives an answer that is complete with it. */
  takeMessage(message: JsonValue | undefined): CountedAnswer | undefined;
  /** The agent has told how many tokens the newest answer has in all; gives an answer that is complete with it. */
  takeTotal(tokens: number | undefined): CountedAnswer | undefined;
  /** What was counted so far; of subagents what they read. */
  readonly byModel: UsageByModel;
}

export function createAnswerMeter(): AnswerMeter {
  const seen = new Set<string>();
  let byModel: UsageByModel = {};
  let open: CountedAnswer | undefined;
  const count = (answer: CountedAnswer): CountedAnswer => {
    byModel = addUsageByModel(byModel, { [answer.model]: answer.usage });
    return answer;
  };
  return {
    takeMessage(message) {
      const inner = fieldOf(message, 'message');
      const messageId = textField(inner, 'id');
      const counted = fieldOf(inner, 'usage');
      // Each block of an answer is a message of its own, all with the same figures.
      if (messageId === undefined || counted === undefined || seen.has(messageId)) return undefined;
      seen.add(messageId);
      const answer = {
        messageId,
        model: textField(inner, 'model') ?? unknownModel,
        usage: readUsage(counted),
      };
      if (textField(message, 'parent_tool_use_id') !== undefined) {
        count(answer);
        return undefined;
      }
      // One that did not come as a stream is complete.
      if (textField(inner, 'stop_reason') !== undefined) return count(answer);
      open = answer;
      return undefined;
    },
    takeTotal(tokens) {
      if (open === undefined || tokens === undefined) return undefined;
      const { usage, ...answer } = open;
      open = undefined;
      const read = totalTokens({ ...usage, outputTokens: 0 });
      return count({ ...answer, usage: { ...usage, outputTokens: Math.max(0, tokens - read) } });
    },
    get byModel() {
      return byModel;
    },
  };
}

function readUsage(counted: JsonValue): TokenUsage {
  return tokenUsage({
    inputTokens: numberField(counted, 'input_tokens') ?? 0,
    cacheReadTokens: numberField(counted, 'cache_read_input_tokens') ?? 0,
    cacheWriteTokens: numberField(counted, 'cache_creation_input_tokens') ?? 0,
    outputTokens: numberField(counted, 'output_tokens') ?? 0,
  });
}
