import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetKeys, reachedThresholds, type Budget, type CheckedBudget } from './budget.ts';
import { checkBudgets } from './budget-check.ts';
import { createSpendAccount } from './spend-account.ts';

const dollar = 1_000_000_000_000n;
const run = { runId: 'run', sessionId: 'session', provider: 'claude', tags: ['a', 'b', 'a'] };

function checked(budget: object): CheckedBudget {
  const [first] = checkBudgets([{ name: 'b', per: 'everything', usd: { hard: 1 }, ...budget }]);
  if (first === undefined) throw new Error('There is no budget.');
  return first;
}

describe('a budget', () => {
  test('is read exactly, from text and number', () => {
    expect(checked({ usd: { warn: 0.1, hard: '0.30' }, tokens: { hard: 5 }, window: 1000 })).toEqual({
      name: 'b',
      per: 'everything',
      only: undefined,
      window: 1000,
      usd: { warn: dollar / 10n, hard: (dollar * 3n) / 10n },
      tokens: { hard: 5 },
      onUnpriced: 'end',
    });
  });
  test.each<[string, object]>([
    ['no name', { name: '' }],
    ['an unknown scope', { per: 'team' }],
    ['only one run', { per: 'run', only: 'x' }],
    ['only a tag that is no text', { per: 'tag', only: 5 }],
    ['a window of 0', { window: 0 }],
    ['a window that is not finite', { window: Infinity }],
    ['a window for a run', { per: 'run', window: 5 }],
    ['a hard threshold of 0', { usd: { hard: 0 } }],
    ['a negative threshold', { usd: { warn: -1 } }],
    ['a threshold that is no number', { usd: { hard: Number.NaN } }],
    ['an infinite threshold', { usd: { hard: Infinity } }],
    ['a text that is no amount', { usd: { hard: '$5' } }],
    ['null', { usd: { hard: null } }],
    ['a part of a token', { tokens: { hard: 1.5 } }],
    ['a negative number of tokens', { tokens: { hard: -1 } }],
    ['a warning after the end', { usd: { warn: 2, hard: 1 } }],
    ['no threshold', { usd: {} }],
    ['no thresholds at all', { usd: undefined }],
    ['thresholds that are no object', { usd: 5 }],
    ['another reaction to models without a price', { onUnpriced: 'ignore' }],
  ])('is refused with %s', (_, budget) =>
    expect(() => checked(budget)).toThrow(expect.objectContaining({ code: 'invalid_input' })),
  );
  test.each<[object, string]>([
    [{ limit: 5 }, 'limit'],
    [{ windows: 5 }, 'window'],
    [{ usd: { max: 5 } }, 'max'],
  ])('is refused with an unknown field: %j', (budget, named) =>
    expect(() => checked(budget)).toThrow(
      expect.objectContaining({ code: 'unknown_option', message: expect.stringContaining(named) }),
    ),
  );
  test('is refused when another has its name, or when it is in no list', () => {
    const budget: Budget = { name: 'b', per: 'run', usd: { hard: 1 } };
    expect(() => checkBudgets([budget, budget])).toThrow(/Two budgets/);
    // Callers without types give anything.
    expect(() => Reflect.apply(checkBudgets, undefined, [{}])).toThrow(/list/);
    expect(() => Reflect.apply(checkBudgets, undefined, [[null]])).toThrow(/object/);
  });
});

test('a run spends from the parts of a budget that concern it', () => {
  const keys = (budget: object): readonly string[] => budgetKeys(checked(budget), run);
  expect(keys({ per: 'run' })).toEqual(['run']);
  expect(keys({ per: 'session' })).toEqual(['session']);
  expect(keys({ per: 'tag' })).toEqual(['a', 'b']);
  expect(keys({ per: 'tag', only: 'b' })).toEqual(['b']);
  expect(keys({ per: 'tag', only: 'c' })).toEqual([]);
  expect(keys({ per: 'provider' })).toEqual(['claude']);
  expect(keys({ per: 'provider', only: 'codex' })).toEqual([]);
  expect(keys({ per: 'everything' })).toEqual(['']);
});

test('a threshold is reached by the amount itself, and the hard ones come first', () => {
  const budget = checked({ usd: { warn: '0.5', hard: '1' }, tokens: { hard: 10 } });
  const levels = (usd: bigint, tokens: number): readonly string[] =>
    reachedThresholds(budget, { usd, tokens }).map(({ level, unit }) => `${level} ${unit}`);
  expect(levels(dollar / 2n - 1n, 9)).toEqual([]);
  expect(levels(dollar / 2n, 9)).toEqual(['warn usd']);
  expect(levels(dollar - 1n, 10)).toEqual(['hard tokens', 'warn usd']);
  expect(levels(dollar, 0)).toEqual(['hard usd', 'warn usd']);
  expect(reachedThresholds(budget, { usd: dollar, tokens: 0 })[0]).toMatchObject({ spent: '1', limit: '1' });
});

describe('an account', () => {
  test('without a window never forgets', () => {
    const account = createSpendAccount();
    account.add({ usd: 5n, tokens: 1 }, 0);
    account.add({ usd: 7n, tokens: 2 }, 1e15);
    account.add({ usd: -2n, tokens: -1 }, 5);
    expect(account.spent(1e18)).toEqual({ usd: 10n, tokens: 2 });
  });
  test('with a window counts what was spent in it, and at most 1/256 of it longer', () => {
    const window = 256_000;
    const payment = fc.record({ at: fc.nat({ max: 1_000_000 }), tokens: fc.nat({ max: 1000 }) });
    fc.assert(
      fc.property(fc.array(payment), fc.nat({ max: 1_000_000 }), (payments, late) => {
        const account = createSpendAccount(window);
        const now = Math.max(0, ...payments.map(({ at }) => at)) + late;
        for (const { at, tokens } of payments) account.add({ usd: BigInt(tokens), tokens }, at);
        const within = (span: number): number =>
          payments.reduce((sum, { at, tokens }) => sum + (at > now - span ? tokens : 0), 0);
        const { usd, tokens } = account.spent(now);
        expect(usd).toBe(BigInt(tokens));
        expect(tokens).toBeGreaterThanOrEqual(within(window));
        expect(tokens).toBeLessThanOrEqual(within(window + window / 256));
      }),
    );
  });
  test('stands a clock that jumps back and forth: nothing is counted twice or forgotten too early', () => {
    const account = createSpendAccount(1000);
    account.add({ usd: 1n, tokens: 1 }, 50_000);
    expect(account.spent(10_000).tokens).toBe(1);
    account.add({ usd: 1n, tokens: 1 }, 10_000);
    expect(account.spent(50_000).tokens).toBe(1);
    expect(account.spent(60_000)).toEqual({ usd: 0n, tokens: 0 });
  });
});
