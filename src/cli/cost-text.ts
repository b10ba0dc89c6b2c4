import type { Cost } from '../domain/cost.ts';
import { oneLine } from '../rendering/visible-text.ts';

/** What a run cost in a word: `$0.0105`, or `unpriced`. */
export function costText({ usd }: Cost): string {
  return usd === undefined ? 'unpriced' : `$${usd}`;
}

/** The same with who says it, and what is known beside it. */
export function costDetails(cost: Cost): string {
  const { source, atLeast, computed, unpriced = [] } = cost;
  const told = {
    provider: ['told by the provider', ...(computed === undefined ? [] : [`$${computed} by list prices`])],
    computed: ['by list prices'],
    unpriced: atLeast === undefined ? [] : [`at least $${atLeast}`],
  }[source];
  const missing = unpriced.length === 0 ? [] : [`no price for ${oneLine(unpriced.join(', '), 200)}`];
  const details = [...missing, ...told];
  return details.length === 0 ? costText(cost) : `${costText(cost)} (${details.join('; ')})`;
}
