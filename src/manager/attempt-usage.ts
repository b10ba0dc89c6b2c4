import { addCost, joinCost, type Cost } from '../domain/cost.ts';
import type { EventData } from '../domain/event-data.ts';
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
} from '../domain/usage.ts';
import type { RunOutcome } from '../ports/provider.ts';
import type { PriceBook, PricedAt } from '../cost/price-book.ts';

/** Tokens and money. */
export interface Used {
  readonly usage: TokenUsage;
  readonly byModel: UsageByModel;
  readonly cost: Cost | undefined;
}

export const nothingUsed: Used = { usage: noUsage, byModel: {}, cost: undefined };

export interface AttemptUsageOptions {
  readonly prices: PriceBook;
  /** For names that agents give to models: those without a price are stored. */
  readonly redact: (text: string) => string;
  /** What the attempts before have used. */
  readonly before: Used;
  readonly when: () => PricedAt;
  /** The one that was asked for. */
  readonly model: string | undefined;
}

/** Counts what an attempt uses, and with the attempts before it what its run has used. */
export class AttemptUsage {
  readonly #options: AttemptUsageOptions;
  #model: string | undefined;
  #usage: TokenUsage = noUsage;
  #byModel: UsageByModel = {};
  #reported: Cost | undefined;

  constructor(options: AttemptUsageOptions) {
    this.#options = options;
    this.#model = options.model;
  }

  /** The agent says which model it uses. */
  seeModel(model: string | undefined): void {
    if (model !== undefined && model !== '') this.#model = model;
  }

  /** Takes the attempt's figures, which replace those before them, and gives those of the run. */
  take(data: EventData['token_usage_updated']): EventData['token_usage_updated'] {
    this.#usage = data.usage;
    this.#byModel = wholeCounts(data.byModel ?? this.#ofModel(data.usage));
    this.#reported = data.cost;
    const { usage, byModel, cost } = this.used();
    return { usage, byModel, ...(cost === undefined ? {} : { cost }) };
  }

  /** What the run has used, also when the attempt failed. */
  used(outcome?: RunOutcome): Used {
    const { prices, redact, before, when } = this.#options;
    const usage = outcome?.usage ?? this.#usage;
    // What the outcome counts more than the last figures did.
    const byModel = addUsageByModel(this.#byModel, this.#ofModel(subtractUsage(usage, this.#usage)));
    const priced = prices.price(byModel, when());
    const told = { ...priced, unpriced: priced.unpriced.map(redact) };
    return {
      usage: addUsage(before.usage, usage),
      byModel: addUsageByModel(before.byModel, byModel),
      cost: addCost(before.cost, joinCost(outcome?.cost ?? this.#reported, told)),
    };
  }

  #ofModel(usage: TokenUsage): UsageByModel {
    return totalTokens(usage) === 0 ? {} : wholeCounts({ [this.#model ?? unknownModel]: usage });
  }
}

/** Figures of providers of any kind as counts that can be priced. */
function wholeCounts(byModel: UsageByModel): UsageByModel {
  return Object.fromEntries(Object.entries(byModel).map(([model, usage]) => [model, tokenUsage(usage)]));
}
