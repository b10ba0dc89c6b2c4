import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoney } from '../domain/money.ts';
import { addUsage, tokenUsage, type TokenUsage } from '../domain/usage.ts';
import { createPriceBook, listPrices } from './price-book.ts';
import type { PriceOptions } from './price-options.ts';

const when = { provider: 'claude', at: Date.parse('2026-11-01') };
const book = createPriceBook();

function usd(model: string, counts: Partial<TokenUsage>, options?: PriceOptions, at = when): string {
  const { computed, unpriced } = createPriceBook(options).price({ [model]: tokenUsage(counts) }, at);
  return computed === undefined ? `unpriced: ${unpriced.join()}` : formatMoney(computed);
}

const million = 1_000_000;
const each: TokenUsage = {
  inputTokens: million,
  cacheReadTokens: million,
  cacheWriteTokens: million,
  longCacheWriteTokens: million,
  outputTokens: million,
  reasoningTokens: 0,
};

describe('the price of tokens', () => {
  test('is that of each class', () => {
    expect(usd('claude-sonnet-4-5', { inputTokens: million })).toBe('3');
    expect(usd('claude-sonnet-4-5', { cacheReadTokens: million })).toBe('0.3');
    expect(usd('claude-sonnet-4-5', { cacheWriteTokens: million })).toBe('3.75');
    expect(usd('claude-sonnet-4-5', { longCacheWriteTokens: million })).toBe('6');
    expect(usd('claude-sonnet-4-5', { outputTokens: million })).toBe('15');
    expect(usd('claude-sonnet-4-5', { reasoningTokens: million })).toBe('15');
    expect(usd('claude-sonnet-4-5', each)).toBe('28.05');
  });
  test('of one token is exact', () => {
    expect(usd('claude-3-haiku', { cacheReadTokens: 1 })).toBe('0.00000003');
    expect(usd('gpt-5-nano', { cacheReadTokens: 1 })).toBe('0.000000005');
  });
  test('adds up over any parts, whatever the model', () => {
    const count = fc.nat({ max: 10_000_000 });
    const usage = fc
      .record({ inputTokens: count, cacheReadTokens: count, outputTokens: count, reasoningTokens: count })
      .map(tokenUsage);
    const model = fc.constantFrom(...listPrices.map((price) => price.model));
    fc.assert(
      fc.property(model, usage, usage, (name, first, second) => {
        const of = (part: TokenUsage): bigint => book.price({ [name]: part }, when).computed ?? 0n;
        expect(of(addUsage(first, second))).toBe(of(first) + of(second));
      }),
    );
  });
  test('of several models is the sum of those with a price; the others are named', () => {
    const used = tokenUsage({ outputTokens: million });
    expect(book.price({ 'claude-opus-4-5': used, x: used, 'gpt-5': used, y: used }, when)).toEqual({
      computed: 35_000_000_000_000n,
      unpriced: ['x', 'y'],
    });
    expect(book.price({ x: tokenUsage({}) }, when)).toEqual({ unpriced: [] });
    expect(book.price({}, when)).toEqual({ unpriced: [] });
  });
  test('is the one of its day', () => {
    const o3 = (day: string): string =>
      usd('o3', { inputTokens: million }, {}, { ...when, at: Date.parse(day) });
    expect([o3('2025-06-09'), o3('2025-06-10'), o3('2026-11-01')]).toEqual(['10', '2', '2']);
  });
});

describe('a model', () => {
  test.each([
    'claude-sonnet-4-5-20250929',
    'claude-sonnet-4-5@20250929',
    'claude-sonnet-4-5-20250929-v1:0',
    'gpt-4o-2024-08-06',
    'o3-2025-04-16',
    'claude-3-5-haiku-20241022',
  ])('%s is priced as the one without a date', (model) => expect(book.judge(model, when)).toBe('priced'));
  test.each([
    'o3-anything',
    'o3-pro',
    'o30',
    'gpt-5-turbo',
    'gpt-5.9',
    'claude-opus-4-9',
    'claude-opus-4-99991231',
    'claude-opus-4-5-mini-20250929',
    'claude-sonnet-4-5[1m]',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'claude',
    'unknown',
    '',
    '__proto__',
    'constructor',
  ])('%s is unpriced', (model) => {
    expect(book.judge(model, when)).toBe(model === 'unknown' ? 'open' : 'unpriced');
    expect(usd(model, { inputTokens: 1 })).toBe(`unpriced: ${model}`);
  });
  test.each(['sonnet', 'opus', 'sonnet[1m]', 'default'])('%s may be any until it is used', (model) => {
    expect(book.judge(model, when)).toBe('open');
    expect(usd(model, { inputTokens: 1 })).toBe(`unpriced: ${model}`);
  });
  test('o3-mini has its own price', () => {
    expect(usd('o3-mini', { inputTokens: million })).toBe('1.1');
    expect(usd('o3-mini-2025-01-31', { inputTokens: million })).toBe('1.1');
  });
  test('is unpriced when a class that it used has no price', () => {
    const models = { mine: { input: 1, output: 2 } };
    expect(usd('mine', { inputTokens: million, outputTokens: million }, { models })).toBe('3');
    expect(usd('mine', { inputTokens: 1, cacheReadTokens: 1 }, { models })).toBe('unpriced: mine');
  });
});

describe('prices of the caller', () => {
  test('go before the list, with dates or without, as text or number', () => {
    const models = { 'gpt-5': { input: '0.5', output: 0.000001 }, 'claude-x': { input: 1e-6, output: 0 } };
    expect(usd('gpt-5', { inputTokens: million }, { models })).toBe('0.5');
    expect(usd('gpt-5-2025-08-07', { outputTokens: million }, { models })).toBe('0.000001');
    expect(usd('claude-x', { inputTokens: 1, outputTokens: 5 }, { models })).toBe('0.000000000001');
  });
  test('say what an agent that names no model is priced as, for that agent alone', () => {
    const options = { unnamed: { amp: 'claude-opus-4-5' } };
    const used = { inputTokens: million };
    expect(usd('unknown', used, options, { ...when, provider: 'amp' })).toBe('5');
    expect(usd('unknown', used, options, { ...when, provider: 'codex' })).toBe('unpriced: unknown');
  });
  test.each<[string, unknown]>([
    ['a negative number', { models: { m: { input: -1, output: 1 } } }],
    ['not a number', { models: { m: { input: Number.NaN, output: 1 } } }],
    ['an infinite number', { models: { m: { input: 1, output: Infinity } } }],
    ['a text that is no number', { models: { m: { input: '1', output: 'ten' } } }],
    ['too many decimals', { models: { m: { input: '0.0000001', output: '1' } } }],
    ['a missing price', { models: { m: { input: '1' } } }],
    ['null for a price', { models: { m: { input: '1', output: null } } }],
    ['a price that is no object', { models: { m: 3 } }],
    ['a model without a name', { models: { ' ': { input: 1, output: 1 } } }],
    ['models that are a list', { models: [] }],
    ['an unnamed model that is no text', { unnamed: { amp: 1 } }],
    ['no object', 'cheap'],
    ['null', null],
  ])('are refused: %s', (_, options) => {
    // Callers without types give anything.
    expect(() => createPriceBook(options as PriceOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
  test.each<[string, string]>([
    ['model', 'models'],
    ['unamed', 'unnamed'],
  ])('with the unknown field "%s" are refused', (name, meant) => {
    expect(() => createPriceBook({ [name]: {} })).toThrow(
      expect.objectContaining({ code: 'unknown_option', message: expect.stringContaining(`"${meant}"`) }),
    );
  });
  test('with an unknown field of a price are refused, and say which was meant', () => {
    const options: object = { models: { m: { input: 1, output: 1, cachedRead: 1 } } };
    expect(() => createPriceBook(options)).toThrow(/cachedRead.*cacheRead/);
  });
});

describe('the list of prices', () => {
  test.each(listPrices)('of $model since $since has a source, a day and usable prices', (price) => {
    expect(price.source).toMatch(/^Pricing, \S+\.\w+\//);
    for (const day of [price.seen, ...(price.since === undefined ? [] : [price.since])])
      expect(new Date(day).toISOString().slice(0, 10)).toBe(day);
    const { model, input, output, cacheRead = input, cacheWrite = input, longCacheWrite = input } = price;
    const models = { [model]: { input, output, cacheRead, cacheWrite, longCacheWrite } };
    expect(() => createPriceBook({ models })).not.toThrow();
    expect(Number(cacheRead)).toBeLessThanOrEqual(Number(input));
    expect(Number(input)).toBeLessThan(Number(output));
  });
  test('has each model once for a day, in the order of days', () => {
    const keys = listPrices.map(({ model, since = '' }) => `${model} ${since}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { model } of listPrices) {
      const days = listPrices.flatMap((price) => (price.model === model ? [price.since ?? ''] : []));
      expect(days).toEqual(days.toSorted());
    }
  });
});
