import type { ListPrice } from './model-price.ts';

const source = 'Pricing, developers.openai.com/api/docs/pricing';

/** Up to here the models from GPT-5.4 on have the price of a short prompt. */
const shortPrompt = { longestPrompt: 272_000 };

function listed(
  model: string,
  [input, cacheRead, output]: readonly [string, string, string],
  seen: string,
  more: Pick<ListPrice, 'since' | 'longestPrompt'> = {},
): ListPrice {
  // These models write to the cache at the price of input.
  return { model, input, cacheRead, cacheWrite: input, output, source, seen, ...more };
}

const gpt5 = ['1.25', '0.125', '10'] as const;
const gpt5Mini = ['0.25', '0.025', '2'] as const;
const gpt52 = ['1.75', '0.175', '14'] as const;

/** OpenAI models: standard tier, without batches, flex and priority processing. */
export const openaiPrices: readonly ListPrice[] = [
  listed('gpt-5.5', ['5', '0.5', '30'], '2026-06-04', shortPrompt),
  listed('gpt-5.4', ['2.5', '0.25', '15'], '2026-06-04', shortPrompt),
  listed('gpt-5.4-mini', ['0.75', '0.075', '4.5'], '2026-06-04'),
  listed('gpt-5.4-nano', ['0.2', '0.02', '1.25'], '2026-06-04'),
  listed('gpt-5.3-codex', gpt52, '2026-06-01'),
  listed('gpt-5.2', gpt52, '2026-06-01'),
  listed('gpt-5.2-codex', gpt52, '2026-06-01'),
  listed('gpt-5.1', gpt5, '2025-12-01'),
  listed('gpt-5.1-codex', gpt5, '2025-12-01'),
  listed('gpt-5.1-codex-max', gpt5, '2025-12-15'),
  listed('gpt-5.1-codex-mini', gpt5Mini, '2025-12-01'),
  listed('gpt-5', gpt5, '2025-12-01'),
  listed('gpt-5-codex', gpt5, '2025-12-01'),
  listed('gpt-5-mini', gpt5Mini, '2025-12-01'),
  listed('gpt-5-nano', ['0.05', '0.005', '0.4'], '2025-12-01'),
  listed('gpt-4.1', ['2', '0.5', '8'], '2025-12-01'),
  listed('gpt-4.1-mini', ['0.4', '0.1', '1.6'], '2025-12-01'),
  listed('gpt-4.1-nano', ['0.1', '0.025', '0.4'], '2025-12-01'),
  listed('gpt-4o', ['2.5', '1.25', '10'], '2025-12-01'),
  listed('gpt-4o-mini', ['0.15', '0.075', '0.6'], '2025-12-01'),
  listed('codex-mini-latest', ['1.5', '0.375', '6'], '2025-12-01'),
  listed('o4-mini', ['1.1', '0.275', '4.4'], '2025-12-01'),
  listed('o3', ['10', '2.5', '40'], '2025-04-16'),
  listed('o3', ['2', '0.5', '8'], '2025-12-01', { since: '2025-06-10' }),
  listed('o3-mini', ['1.1', '0.55', '4.4'], '2025-12-01'),
];
