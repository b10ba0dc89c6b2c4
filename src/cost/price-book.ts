import type { PricedUsage } from '../domain/cost.ts';
import { parseMoney, type Money } from '../domain/money.ts';
import { totalTokens, unknownModel, type TokenUsage } from '../domain/usage.ts';
import { anthropicPrices } from './anthropic-prices.ts';
import { usageCost, type ListPrice, type ModelPrice, type TokenPrices } from './model-price.ts';
import { openaiPrices } from './openai-prices.ts';
import { checkPriceOptions, priceText, type PriceOptions, type PriceOverride } from './price-options.ts';

/** Whose tokens are to be priced, and when they were used: wall time in milliseconds since 1970. */
export interface PricedAt {
  readonly provider: string;
  readonly at: number;
}

/** Knows what tokens cost. */
export interface PriceBook {
  /**
   * Whether the model has a price. `open`: the name stands for one of several models, and only what is used
   * will show which.
   */
  judge(model: string, when: PricedAt): 'priced' | 'unpriced' | 'open';
  /** What the usage cost, exactly. Models without a price are named and never guessed at. */
  price(byModel: { readonly [model: string]: TokenUsage }, when: PricedAt): PricedUsage;
}

/** The list prices that come with the library. */
export const listPrices: readonly ListPrice[] = [...anthropicPrices, ...openaiPrices];

/** A date, or the date and version with which clouds name a model: the same model at the same price. */
const versionSuffix = /(?:[-@]20\d{6}|-20\d\d-\d\d-\d\d)(?:-v\d+(?::\d+)?)?$/;

/** Names that agents take for the newest model of a kind, or for several in turn. */
const openNames: ReadonlySet<string> = new Set([
  ...['default', 'best', 'auto', 'opus', 'sonnet', 'haiku', 'fable', 'opusplan', unknownModel],
]);

interface DatedPrices {
  readonly since: number;
  readonly prices: TokenPrices;
}

/** Makes a price book of the list prices and the caller's own. Throws `invalid_input` or `unknown_option`. */
export function createPriceBook(options: PriceOptions = {}): PriceBook {
  checkPriceOptions(options);
  const book = new Map<string, DatedPrices[]>();
  for (const price of listPrices) {
    const since = price.since === undefined ? 0 : Date.parse(price.since);
    book.set(price.model, [...(book.get(price.model) ?? []), { since, prices: tokenPrices(price) }]);
  }
  for (const [model, price] of Object.entries(options.models ?? {})) {
    book.set(model, [{ since: 0, prices: tokenPrices(price) }]);
  }
  const unnamed = new Map(Object.entries(options.unnamed ?? {}));
  const pricesOf = (model: string, { provider, at }: PricedAt): TokenPrices | undefined => {
    const name = model === unknownModel ? (unnamed.get(provider) ?? model) : model;
    const dated = book.get(name) ?? book.get(name.replace(versionSuffix, ''));
    return dated?.findLast(({ since }) => since <= at)?.prices;
  };
  return {
    judge(model, when) {
      if (pricesOf(model, when) !== undefined) return 'priced';
      return openNames.has(model.replace(/\[1m\]$/, '')) ? 'open' : 'unpriced';
    },
    price(byModel, when) {
      let computed: Money | undefined;
      const unpriced: string[] = [];
      for (const [model, usage] of Object.entries(byModel)) {
        if (totalTokens(usage) === 0) continue;
        const prices = pricesOf(model, when);
        const cost = prices === undefined ? undefined : usageCost(usage, prices);
        if (cost === undefined) unpriced.push(model);
        else computed = (computed ?? 0n) + cost;
      }
      return { ...(computed === undefined ? {} : { computed }), unpriced };
    },
  };
}

function tokenPrices(price: ModelPrice | PriceOverride): TokenPrices {
  const output = perToken(price.output);
  return {
    inputTokens: perToken(price.input),
    cacheReadTokens: perToken(price.cacheRead),
    cacheWriteTokens: perToken(price.cacheWrite),
    longCacheWriteTokens: perToken(price.longCacheWrite),
    outputTokens: output,
    reasoningTokens: output,
  };
}

function perToken(million: string | number | undefined): Money | undefined {
  const amount = million === undefined ? undefined : parseMoney(priceText(million));
  return amount === undefined ? undefined : amount / 1_000_000n;
}
