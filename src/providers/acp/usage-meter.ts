import { costFromProvider, type Cost } from '../../domain/cost.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import {
  addUsage,
  noUsage,
  tokenUsage,
  totalTokens,
  type TokenUsage,
  type UsageByModel,
} from '../../domain/usage.ts';
import { createAnswerMeter, type AnswerMeter } from './answer-meter.ts';
import { fieldAt, fieldOf, listField, numberField, textField } from '../../domain/json-field.ts';

/** What a run used. */
export interface UsageFigures {
  readonly usage?: TokenUsage;
  readonly byModel?: { readonly [model: string]: TokenUsage };
  readonly cost?: Cost;
}

/** Counts what one run uses. */
export interface UsageMeter {
  /** What the answers of the turn used, as far as the agent tells it before its end. */
  readonly answers: AnswerMeter;
  /** Takes the cost of a `usage_update`: of the conversation so far. */
  takeCost(cost: JsonValue | undefined): void;
  /** Takes the result of the prompt, which tells what the turn used. */
  takeResult(result: JsonValue): void;
  figures(): UsageFigures;
  /** The agent's own figures of the conversation, to be kept with its handle. */
  counters(): JsonObject | undefined;
}

export interface UsageMeterOptions {
  /** True when the agent's cost counts the conversation over all its processes. */
  readonly perConversation: boolean;
  /** `unknown`: a conversation goes on of which no counters were kept. */
  readonly before: 'nothing' | 'unknown' | JsonObject;
}

/** Makes a meter. Tokens are told for each turn, cost for the conversation or the process. */
export function createUsageMeter(options: UsageMeterOptions): UsageMeter {
  const before = usdBefore(options);
  let usd: number | undefined;
  let used: UsageFigures | undefined;
  const answers = createAnswerMeter();
  return {
    answers,
    takeCost(cost) {
      const amount = numberField(cost, 'amount');
      if (amount !== undefined && textField(cost, 'currency') === 'USD') usd = amount;
    },
    takeResult(result) {
      used = readResult(result);
    },
    figures() {
      const seen = sumOf(answers.byModel);
      if (used !== undefined && tokensOf(seen) > tokensOf(used)) return seen;
      // Counters that fell were not kept by an agent that was killed: what they begin with isn't known.
      const share = usd === undefined || before === undefined ? -1 : usd - before;
      const cost = share < 0 ? undefined : costFromProvider(share);
      return { ...(used ?? seen), ...(cost === undefined ? {} : { cost }) };
    },
    counters: () => (usd === undefined ? undefined : { usd }),
  };
}

function tokensOf({ usage = noUsage }: UsageFigures): number {
  return totalTokens(usage);
}

/**
 * What was counted of the turn: what is known until it is over, and more than its result when it was stopped, which leaves
 * out the answer that was cut off, for which the service charges, too.
 */
function sumOf(byModel: UsageByModel): UsageFigures {
  const counted = Object.values(byModel);
  return counted.length === 0 ? {} : { usage: counted.reduce(addUsage, noUsage), byModel };
}

/** What the conversation had cost before; `undefined` when that can't be known. */
function usdBefore({ perConversation, before }: UsageMeterOptions): number | undefined {
  if (before === 'nothing') return 0;
  if (!perConversation || before === 'unknown') return undefined;
  return numberField(before, 'usd');
}

/** The figures by model, which count subagents, where the agent gives them; else those of the turn. */
function readResult(result: JsonValue): UsageFigures {
  const byModel: Record<string, TokenUsage> = {};
  for (const counted of listField(fieldAt(result, ['_meta', 'quota']), 'model_usage')) {
    const model = textField(counted, 'model') ?? 'unknown';
    byModel[model] = addUsage(byModel[model] ?? noUsage, readUsage(fieldOf(counted, 'token_count')));
  }
  if (Object.keys(byModel).length > 0)
    return { usage: Object.values(byModel).reduce(addUsage, noUsage), byModel };
  const usage = fieldOf(result, 'usage');
  return usage === undefined || usage === null ? {} : { usage: readUsage(usage) };
}

/** Agents differ in whether the cache is within the input and reasoning within the output; the total tells. */
function readUsage(counted: JsonValue | undefined): TokenUsage {
  const number = (...names: readonly string[]): number =>
    names.map((name) => numberField(counted, name)).find((value) => value !== undefined) ?? 0;
  const usage = tokenUsage({
    inputTokens: number('inputTokens'),
    cacheReadTokens: number('cachedReadTokens', 'cachedInputTokens'),
    cacheWriteTokens: number('cachedWriteTokens'),
    outputTokens: number('outputTokens'),
    reasoningTokens: number('thoughtTokens', 'reasoningOutputTokens'),
  });
  const total = numberField(counted, 'totalTokens');
  const cached = usage.cacheReadTokens + usage.cacheWriteTokens;
  const withoutCache = { ...usage, inputTokens: Math.max(0, usage.inputTokens - cached) };
  const apart = (figures: TokenUsage): TokenUsage => ({
    ...figures,
    outputTokens: Math.max(0, figures.outputTokens - figures.reasoningTokens),
  });
  const readings = [usage, apart(usage), withoutCache, apart(withoutCache)];
  return readings.find((reading) => totalTokens(reading) === total) ?? usage;
}
