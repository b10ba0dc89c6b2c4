import { costFromProvider, type Cost } from '../../domain/cost.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import {
  addUsage,
  addUsageByModel,
  noUsage,
  subtractUsage,
  tokenUsage,
  totalTokens,
  unknownModel,
  type TokenUsage,
  type UsageByModel,
} from '../../domain/usage.ts';
import { fieldOf, numberField, objectField, textField } from '../../domain/json-field.ts';

/** What has been used, by model. */
export interface UsageFigures {
  readonly usage: TokenUsage;
  readonly byModel: UsageByModel;
  readonly cost?: Cost;
}

/** Counts what one run uses. */
export interface UsageMeter {
  /**
   * An answer of the model is complete: the best that is known until a result comes. One that came whole
   * (`streamed: false`) may be told after the result that counts it.
   */
  addAnswer(model: string | undefined, usage: TokenUsage, how: { readonly streamed: boolean }): void;
  /** Takes the figures of a result, which count the whole conversation with all its subagents. */
  takeResult(result: JsonObject): void;
  /** This run's share so far. */
  figures(): UsageFigures;
  /** The agent's own figures for the whole conversation, to be kept with its handle; absent before a result. */
  counters(): JsonObject | undefined;
}

/**
 * What the conversation had used before this run: nothing for a fresh one; the counters kept with its
 * handle; `unknown` when it is continued and no counters were kept.
 */
export type UsageBase = 'nothing' | 'unknown' | JsonObject;

/**
 * Makes a meter. Claude Code counts models and cost over the whole conversation, also across resume and
 * fork, and leaves subagents out of the figures of one turn. So a run's share is the difference of the
 * conversation's figures. Without known figures of before it is the sum of the answers seen, which it never is less than.
 */
export function createUsageMeter(base: UsageBase): UsageMeter {
  const before = base === 'nothing' ? noFigures : base === 'unknown' ? undefined : readCounters(base);
  let answered: UsageByModel = {};
  /** What was answered since the newest result. */
  let since: UsageByModel = {};
  let total: Conversation | undefined;

  const share = (): UsageFigures => {
    const seen = sumUp(answered);
    if (total === undefined || before === undefined) return seen;
    const byModel: Record<string, TokenUsage> = {};
    for (const [model, all] of Object.entries(total.models)) {
      const used = subtractUsage(all, before.models[model] ?? noUsage);
      if (totalTokens(used) > 0) byModel[model] = used;
    }
    const counted = sumUp(addUsageByModel(byModel, since));
    // It keeps what the conversation used when it ends. One that was killed before leaves the next to begin with less.
    if (totalTokens(counted.usage) < totalTokens(seen.usage)) return seen;
    // The agent's own cost is that of its newest result, and for models that it doesn't know a guess.
    const { guessed } = total;
    const isCost =
      Object.keys(since).length === 0 && !Object.keys(byModel).some((model) => guessed.has(model));
    const cost = isCost ? costFromProvider(Math.max(0, total.usd - before.usd)) : undefined;
    return { ...counted, ...(cost === undefined ? {} : { cost }) };
  };

  return {
    addAnswer(model, usage, { streamed }) {
      const answer = { [model ?? unknownModel]: usage };
      answered = addUsageByModel(answered, answer);
      if (streamed && total !== undefined) since = addUsageByModel(since, answer);
    },
    takeResult(result) {
      total = readResult(result);
      since = {};
    },
    figures: share,
    counters() {
      if (total === undefined) return undefined;
      return {
        usd: total.usd,
        models: Object.fromEntries(Object.entries(total.models).map(([name, used]) => [name, { ...used }])),
      };
    },
  };
}

interface Conversation {
  readonly usd: number;
  /** Models for which the agent has no price: it takes that of another. */
  readonly guessed: ReadonlySet<string>;
  readonly models: Readonly<Record<string, TokenUsage>>;
}

const noFigures: Conversation = { usd: 0, models: {}, guessed: new Set() };

function readResult(result: JsonObject): Conversation {
  const models: Record<string, TokenUsage> = {};
  const guessed = new Set<string>();
  for (const [name, counted] of Object.entries(objectField(result, 'modelUsage'))) {
    models[name] = modelUsage(counted);
    if (textField(counted, 'costBasis') === 'unknown') guessed.add(name);
  }
  return { usd: numberField(result, 'total_cost_usd') ?? 0, models, guessed };
}

/** Counters as kept with a handle; `undefined` when they aren't ours. */
function readCounters(counters: JsonObject): Conversation | undefined {
  const usd = numberField(counters, 'usd');
  if (usd === undefined || fieldOf(counters, 'models') === undefined) return undefined;
  const models: Record<string, TokenUsage> = {};
  for (const [name, kept] of Object.entries(objectField(counters, 'models'))) {
    models[name] = tokenUsage({
      inputTokens: numberField(kept, 'inputTokens') ?? 0,
      cacheReadTokens: numberField(kept, 'cacheReadTokens') ?? 0,
      cacheWriteTokens: numberField(kept, 'cacheWriteTokens') ?? 0,
      longCacheWriteTokens: numberField(kept, 'longCacheWriteTokens') ?? 0,
      outputTokens: numberField(kept, 'outputTokens') ?? 0,
      reasoningTokens: numberField(kept, 'reasoningTokens') ?? 0,
    });
  }
  return { usd, models, guessed: new Set() };
}

/** Claude Code counts thinking inside its output; ours are apart. */
function modelUsage(counted: JsonValue): TokenUsage {
  const reasoning = numberField(counted, 'thinkingTokens') ?? 0;
  const long = numberField(counted, 'cacheCreationEphemeral1hInputTokens') ?? 0;
  return tokenUsage({
    inputTokens: numberField(counted, 'inputTokens') ?? 0,
    cacheReadTokens: numberField(counted, 'cacheReadInputTokens') ?? 0,
    cacheWriteTokens: (numberField(counted, 'cacheCreationInputTokens') ?? 0) - long,
    longCacheWriteTokens: long,
    outputTokens: (numberField(counted, 'outputTokens') ?? 0) - reasoning,
    reasoningTokens: reasoning,
  });
}

/** The usage of one answer, as the model service tells it. */
export function answerUsage(usage: JsonValue | undefined): TokenUsage {
  const reasoning = numberField(objectField(usage, 'output_tokens_details'), 'thinking_tokens') ?? 0;
  const long = numberField(objectField(usage, 'cache_creation'), 'ephemeral_1h_input_tokens') ?? 0;
  return tokenUsage({
    inputTokens: numberField(usage, 'input_tokens') ?? 0,
    cacheReadTokens: numberField(usage, 'cache_read_input_tokens') ?? 0,
    cacheWriteTokens: (numberField(usage, 'cache_creation_input_tokens') ?? 0) - long,
    longCacheWriteTokens: long,
    outputTokens: (numberField(usage, 'output_tokens') ?? 0) - reasoning,
    reasoningTokens: reasoning,
  });
}

function sumUp(byModel: UsageByModel): UsageFigures {
  return { usage: Object.values(byModel).reduce(addUsage, noUsage), byModel };
}
