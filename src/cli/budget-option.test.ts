import { afterEach, expect, it, vi } from 'vitest';
import { budgetTexts, readBudgets, readRunBudgets } from './budget-option.ts';

afterEach(() => void vi.unstubAllEnvs());

const hour = 3_600_000;

it.each([
  ['run=0.50', { per: 'run', usd: { hard: '0.50' } }],
  ['tag:nightly=5/day', { per: 'tag', only: 'nightly', window: 24 * hour, usd: { hard: '5' } }],
  ['tag:a:b=5', { per: 'tag', only: 'a:b', usd: { hard: '5' } }],
  ['provider=20/week', { per: 'provider', window: 168 * hour, usd: { hard: '20' } }],
  ['everything=200000tokens/2h', { per: 'everything', window: 2 * hour, tokens: { hard: 200_000 } }],
])('%s is a budget', (text, budget) => {
  expect(readBudgets([text])).toEqual([{ name: text, ...budget }]);
});

it.each([
  ['', /run=0.50/],
  ['0.50', /run=0.50/],
  ['run', /run=0.50/],
  ['run=', /run=0.50/],
  ['provder:claude=5', /Did you mean "provider"/],
  ['run=five', /0.50, or in tokens/],
  ['run=-1', /0.50, or in tokens/],
  ['run=0', /above 0/],
  ['everything=5/fortnight', /hour, day, week/],
  ['everything=5/0h', /hour, day, week/],
  ['run=5/day', /without a `window`/],
  ['session:x=5', /`only`/],
  ['tag:=5', /`only`/],
])('"%s" is none, and why is said', (text, why) => {
  expect(() => readBudgets([text])).toThrow(
    expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(why) }),
  );
});

it('takes the budgets of ASM_BUDGETS first, and says of a wrong one that it stands there', () => {
  vi.stubEnv('ASM_BUDGETS', ' everything=50/day  run=2 ');
  expect(budgetTexts(['run=2', 'session=1'])).toEqual(['everything=50/day', 'run=2', 'session=1']);
  vi.stubEnv('ASM_BUDGETS', 'everything=50/day run=two');
  expect(() => budgetTexts()).toThrow(
    expect.objectContaining({
      code: 'invalid_input',
      message: expect.stringMatching(/^In the variable ASM_BUDGETS: "run=two" is no budget/),
    }),
  );
});

it('holds the budgets of a run to the providers that there are', () => {
  expect(readRunBudgets(['provider:codex=1', 'provider:codex=1', 'tag:shel=3'])).toHaveLength(2);
  expect(() => readRunBudgets(['provider:shel=3'])).toThrow(/Did you mean "shell"/);
  expect(() => readRunBudgets(['provider:something-else=3'])).toThrow(/is one of claude, /);
  expect(readBudgets(['provider:something-else=3'])).toHaveLength(1);
});
