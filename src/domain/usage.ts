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
  /** Input tokens written to the provider's cache. */
  readonly cacheWriteTokens: number;
  /** Tokens that the model wrote, without its reasoning where the provider tells them apart. */
  readonly outputTokens: number;
  /** Tokens of reasoning, where the provider counts them apart from its output; else 0. */
  readonly reasoningTokens: number;
}

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

/** Makes a complete usage; missing, negative and non-finite counts are 0, fractions are cut. */
export function tokenUsage(counts: Partial<TokenUsage>): TokenUsage {
  const usage = { ...noUsage };
  for (const name of tokenClasses) usage[name] = wholeCount(counts[name]);
  return usage;
}

export function addUsage(first: TokenUsage, second: TokenUsage): TokenUsage {
  const usage = { ...noUsage };
  for (const name of tokenClasses) usage[name] = first[name] + second[name];
  return usage;
}

/** What `later` has more than `earlier`: turns figures that a provider accumulates into shares. */
export function subtractUsage(later: TokenUsage, earlier: TokenUsage): TokenUsage {
  const usage = { ...noUsage };
  for (const name of tokenClasses) usage[name] = Math.max(0, later[name] - earlier[name]);
  return usage;
}

export function totalTokens(usage: TokenUsage): number {
  return tokenClasses.reduce((sum, name) => sum + usage[name], 0);
}

function wholeCount(count: number | undefined): number {
  return count !== undefined && Number.isFinite(count) && count > 0 ? Math.trunc(count) : 0;
}
