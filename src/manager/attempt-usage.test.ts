import { expect, test } from 'vitest';
import { createPriceBook } from '../cost/price-book.ts';
import { tokenUsage, type TokenUsage } from '../domain/usage.ts';
import { AttemptUsage, nothingUsed, type Used } from './attempt-usage.ts';

const prices = createPriceBook({ unnamed: { amp: 'claude-sonnet-4-5' } });

function attempt(before: Used = nothingUsed, model?: string, provider = 'codex'): AttemptUsage {
  const when = () => ({ provider, at: Date.parse('2026-11-01') });
  return new AttemptUsage({ prices, redact: (text) => text, before, when, model });
}

const input = (tokens: number): TokenUsage => tokenUsage({ inputTokens: tokens });

test('figures of an attempt replace each other, and are told as those of the whole run', () => {
  const first = attempt(nothingUsed, 'gpt-5');
  expect(first.take({ usage: input(1_000_000) })).toEqual({
    usage: input(1_000_000),
    byModel: { 'gpt-5': input(1_000_000) },
    cost: { usd: '1.25', source: 'computed', computed: '1.25' },
  });
  first.take({ usage: input(2_000_000) });
  const second = attempt(first.used());
  const byModel = { 'gpt-5': input(1_000_000), 'claude-sonnet-4-5': input(1_000_000) };
  const told = second.take({ usage: input(2_000_000), byModel, cost: { usd: '4', source: 'provider' } });
  expect(told).toEqual({
    usage: input(4_000_000),
    byModel: { 'gpt-5': input(3_000_000), 'claude-sonnet-4-5': input(1_000_000) },
    cost: { usd: '6.5', source: 'computed', computed: '6.75' },
  });
  expect(second.used()).toEqual(told);
});

test('what the outcome counts more than the last figures is priced as the agent’s model', () => {
  const usage = attempt();
  usage.seeModel('gpt-5');
  usage.seeModel('');
  usage.seeModel(undefined);
  usage.take({ usage: input(1_000_000), byModel: { 'gpt-5-mini': input(1_000_000) } });
  expect(usage.used({ status: 'completed', usage: input(2_000_000) })).toEqual({
    usage: input(2_000_000),
    byModel: { 'gpt-5-mini': input(1_000_000), 'gpt-5': input(1_000_000) },
    cost: { usd: '1.5', source: 'computed', computed: '1.5' },
  });
});

test('tokens of no named model are unpriced, unless the caller says what their agent uses', () => {
  expect(attempt().take({ usage: input(10) })).toMatchObject({
    byModel: { unknown: input(10) },
    cost: { source: 'unpriced', unpriced: ['unknown'] },
  });
  expect(attempt(nothingUsed, undefined, 'amp').take({ usage: input(1_000_000) }).cost).toMatchObject({
    usd: '3',
  });
});

test('an agent that used nothing costs nothing, and odd figures do no harm', () => {
  expect(attempt().used()).toEqual(nothingUsed);
  expect(attempt().used({ status: 'completed' })).toEqual(nothingUsed);
  const odd = { ...input(0), inputTokens: 1.5, outputTokens: -3 };
  expect(attempt(nothingUsed, 'gpt-5').take({ usage: odd })).toMatchObject({
    byModel: { 'gpt-5': input(1) },
  });
});
