import type { ListPrice } from './model-price.ts';

const source = 'Pricing, platform.claude.com/docs/en/about-claude/pricing';

function listed(
  model: string,
  [input, cacheRead, cacheWrite, longCacheWrite, output]: readonly [string, string, string, string, string],
  seen: string,
  more: Pick<ListPrice, 'since' | 'longestPrompt'> = {},
): ListPrice {
  return { model, input, cacheRead, cacheWrite, longCacheWrite, output, source, seen, ...more };
}

const fable5 = ['10', '1', '12.5', '20', '50'] as const;
const fable51 = ['10', '0.25', '12.5', '20', '50'] as const;
const opus5 = ['5', '0.5', '6.25', '10', '25'] as const;
const opus4 = ['15', '1.5', '18.75', '30', '75'] as const;
const sonnet5 = ['2', '0.2', '2.5', '4', '10'] as const;
const sonnet4 = ['3', '0.3', '3.75', '6', '15'] as const;

/**
 * Claude models: standard tier, without regional surcharges, batches and fast mode. Haiku 5.5 is missing:
 * its price depends on the length of each prompt, which the figures of a run don't tell.
 */
export const anthropicPrices: readonly ListPrice[] = [
  listed('claude-fable-5-1', fable51, '2026-10-24'),
  listed('claude-fable-5', fable5, '2026-10-24'),
  listed('claude-opus-5-5', ['4', '0.2', '5', '8', '20'], '2026-10-24'),
  listed('claude-opus-5', opus5, '2026-10-24'),
  listed('claude-opus-4-8', opus5, '2026-10-24'),
  listed('claude-opus-4-7', opus5, '2026-10-24'),
  listed('claude-opus-4-6', opus5, '2026-10-24'),
  listed('claude-opus-4-5', opus5, '2026-10-24'),
  listed('claude-opus-4-1', opus4, '2026-10-24'),
  listed('claude-opus-4', opus4, '2026-10-24'),
  listed('claude-3-opus', opus4, '2025-06-30'),
  listed('claude-sonnet-5-5', sonnet5, '2026-09-29'),
  listed('claude-sonnet-5-5', ['2', '0.1', '2.5', '4', '10'], '2026-10-24', { since: '2026-10-07' }),
  listed('claude-sonnet-5', sonnet5, '2026-10-24'),
  listed('claude-sonnet-4-6', sonnet4, '2026-10-24'),
  listed('claude-sonnet-4-5', sonnet4, '2026-10-24', { longestPrompt: 200_000 }),
  listed('claude-sonnet-4', sonnet4, '2026-10-24', { longestPrompt: 200_000 }),
  listed('claude-3-7-sonnet', sonnet4, '2025-10-15'),
  listed('claude-3-5-sonnet', sonnet4, '2025-06-30'),
  listed('claude-haiku-4-5', ['1', '0.1', '1.25', '2', '5'], '2026-10-24'),
  listed('claude-3-5-haiku', ['0.8', '0.08', '1', '1.6', '4'], '2025-10-15'),
  listed('claude-3-haiku', ['0.25', '0.03', '0.3', '0.5', '1.25'], '2025-10-15'),
];
