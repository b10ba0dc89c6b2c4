/**
 * Tokens by class. The classes are disjoint: a token is counted in exactly one of them, so the sum
 * is the total. Providers that count cached tokens inside their input tokens are corrected by their
 * normaliser.
 */
export interface TokenUsage {
  /** Input tokens that were neither read from nor written to a cache. */
  readonly inputTokens: number;
  /** Input tokens read from the provider's cache. */
  readonly cacheReadTokens: number;
  /** Input tokens written to the provider's cache, but for those of `longCacheWriteTokens`. */
  readonly cacheWriteTokens: number;
  /** Input tokens written to the cache for an hour, where the provider tells how long. Absent: none. */
  readonly longCacheWriteTokens?: number;
  /** Tokens that the model wrote, without its reasoning where the provider tells them apart. */
  readonly outputTokens: number;
  /** Tokens of reasoning, where the provider counts them apart from its output; else 0. */
  readonly reasoningTokens: number;
}

/** Usage by the name of the model. */
export type UsageByModel = { readonly [model: string]: TokenUsage };

/** The classes that every usage has. */
export const tokenClasses = [
  'inputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof TokenUsage)[];

export const noUsage: TokenUsage = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
});

/** The name under which tokens are counted when their provider doesn't say which model it used. */
export const unknownModel = 'unknown';

/** Usage by model, of two parts together. */
export function addUsageByModel(first: UsageByModel, second: UsageByModel): UsageByModel {
  const sum = new Map(Object.entries(first));
  for (const [model, usage] of Object.entries(second))
    sum.set(model, addUsage(sum.get(model) ?? noUsage, usage));
  return Object.fromEntries(sum);
}

/** Makes a complete usage; missing, negative and non-finite counts are 0, fractions are cut. */
export function tokenUsage(counts: Partial<TokenUsage>): TokenUsage {
  return eachClass((name) => wholeCount(counts[name]));
}

export function addUsage(first: TokenUsage, second: TokenUsage): TokenUsage {
  return eachClass((name) => (first[name] ?? 0) + (second[name] ?? 0));
}

/** What `later` has more than `earlier`: turns figures that a provider accumulates into shares. */
export function subtractUsage(later: TokenUsage, earlier: TokenUsage): TokenUsage {
  return eachClass((name) => Math.max(0, (later[name] ?? 0) - (earlier[name] ?? 0)));
}

export function totalTokens(usage: TokenUsage): number {
  return tokenClasses.reduce((sum, name) => sum + usage[name], usage.longCacheWriteTokens ?? 0);
}

/** All tokens written to the cache, for however long. */
export function cacheWrites(usage: TokenUsage): number {
  return usage.cacheWriteTokens + (usage.longCacheWriteTokens ?? 0);
}

function eachClass(count: (name: keyof TokenUsage) => number): TokenUsage {
  const usage = { ...noUsage };
  for (const name of tokenClasses) usage[name] = count(name);
  const long = count('longCacheWriteTokens');
  return long === 0 ? usage : { ...usage, longCacheWriteTokens: long };
}

function wholeCount(count: number | undefined): number {
  return count !== undefined && Number.isFinite(count) && count > 0 ? Math.trunc(count) : 0;
}
