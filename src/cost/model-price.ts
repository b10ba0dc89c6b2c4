import type { Money } from '../domain/money.ts';
import { tokenClasses, type TokenUsage } from '../domain/usage.ts';

/** What a model's tokens cost, in US dollars for a million of each class, as decimal numbers. */
export interface ModelPrice {
  readonly input: string;
  /** Input read from the cache. A class without a price can't be priced once such tokens are used. */
  readonly cacheRead?: string;
  /** Input written to the cache: for five minutes, or where there is only one lifetime. */
  readonly cacheWrite?: string;
  /** Input written to the cache for an hour. */
  readonly longCacheWrite?: string;
  /** Output and reasoning. */
  readonly output: string;
}

/** A price as a vendor lists it. */
export interface ListPrice extends ModelPrice {
  /** Name of the model, without a date. */
  readonly model: string;
  /** First day on which it holds, `YYYY-MM-DD`. Absent: since there is the model. */
  readonly since?: string;
  /** Holds for prompts of at most so many tokens; longer ones cost more. Absent: for all. */
  readonly longestPrompt?: number;
  /** The page that lists it. */
  readonly source: string;
  /** A day on which the page listed it, `YYYY-MM-DD`. */
  readonly seen: string;
}

/** Prices of one token, exact. */
export type TokenPrices = { readonly [Class in keyof TokenUsage]: Money | undefined };

/** What the tokens cost; `undefined` when a class that was used has no price. */
export function usageCost(usage: TokenUsage, prices: TokenPrices): Money | undefined {
  let sum = 0n;
  for (const name of [...tokenClasses, 'longCacheWriteTokens'] as const) {
    const tokens = usage[name] ?? 0;
    if (tokens === 0) continue;
    const price = prices[name];
    if (price === undefined) return undefined;
    sum += BigInt(tokens) * price;
  }
  return sum;
}
