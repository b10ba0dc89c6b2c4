import { formatMoney, moneyFromNumber, parseMoney, type Money } from './money.ts';

/**
 * Who says what a run cost: its provider, or the price book, from the tokens. `unpriced`: nobody, since
 * the provider tells no cost and the book doesn't know all of the models.
 */
export const costSources = ['provider', 'computed', 'unpriced'] as const;

/**
 * Money spent on a run so far. Amounts are decimal numbers of US dollars as text (`"0.01485"`), exact to
 * the last digit, since binary floating point can't hold cents.
 */
export interface Cost {
  /** What the run cost, as `source` tells it: the provider's figure where there is one. Absent: `unpriced`. */
  readonly usd?: string;
  readonly source: (typeof costSources)[number];
  /**
   * What the price book makes of the tokens, beside the provider's figure too, without those of the
   * models in `unpriced`. Absent when it knows none of the models.
   */
  readonly computed?: string;
  /** The part that is known when `usd` isn't: the run cost this or more. */
  readonly atLeast?: string;
  /** Models whose tokens the price book has no price for. */
  readonly unpriced?: readonly string[];
}

/** What a price book makes of some usage. */
export interface PricedUsage {
  /** Absent when nothing that was used has a price. */
  readonly computed?: Money;
  readonly unpriced: readonly string[];
}

/** Reads an amount that a provider gave as a number of US dollars; rounds to a billionth. */
export function costFromProvider(usd: number): Cost | undefined {
  const amount = moneyFromNumber(usd);
  return amount === undefined ? undefined : { usd: formatMoney(amount), source: 'provider' };
}

/** The cost of an attempt, of what its provider says and what the price book makes of its usage. */
export function joinCost(reported: Cost | undefined, { computed, unpriced }: PricedUsage): Cost | undefined {
  const said = parseMoney(reported?.usd ?? '');
  const beside = {
    ...(computed === undefined ? {} : { computed: formatMoney(computed) }),
    ...(unpriced.length === 0 ? {} : { unpriced: bounded(unpriced) }),
  };
  if (said !== undefined) return { usd: formatMoney(said), source: 'provider', ...beside };
  if (unpriced.length > 0) {
    return { source: 'unpriced', ...known(computed ?? 0n), ...beside };
  }
  return computed === undefined ? undefined : { usd: formatMoney(computed), source: 'computed', ...beside };
}

/**
 * The cost of two attempts together. It is the provider's figure only if that told both, and `unpriced`
 * if one of them is.
 */
export function addCost(first: Cost | undefined, second: Cost | undefined): Cost | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const usd = sum(first.usd, second.usd);
  const computed = sum(first.computed ?? '0', second.computed ?? '0');
  const unpriced = [...new Set([...(first.unpriced ?? []), ...(second.unpriced ?? [])])];
  const isReported = first.source === 'provider' && second.source === 'provider';
  return {
    ...(usd === undefined ? {} : { usd }),
    source: usd === undefined ? 'unpriced' : isReported ? 'provider' : 'computed',
    ...(usd === undefined ? known(knownSpend(first) + knownSpend(second)) : {}),
    ...(computed === undefined || (first.computed ?? second.computed) === undefined ? {} : { computed }),
    ...(unpriced.length === 0 ? {} : { unpriced: bounded(unpriced) }),
  };
}

/** What is known to have been spent: all of it, or without the models that have no price. */
export function knownSpend(cost: Cost | undefined): Money {
  return parseMoney(cost?.usd ?? cost?.atLeast ?? '0') ?? 0n;
}

function known(part: Money): { readonly atLeast?: string } {
  return part === 0n ? {} : { atLeast: formatMoney(part) };
}

/** Names come from agents: a few that can be read are kept. */
function bounded(names: readonly string[]): readonly string[] {
  return names.slice(0, 20).map((name) => name.slice(0, 200));
}

function sum(first: string | undefined, second: string | undefined): string | undefined {
  const amounts = [parseMoney(first ?? ''), parseMoney(second ?? '')] as const;
  return amounts[0] === undefined || amounts[1] === undefined
    ? undefined
    : formatMoney(amounts[0] + amounts[1]);
}
