import { describe, expect, it } from 'vitest';
import { readFixture } from './fixtures/read-fixture.ts';
import { textField } from '../../domain/json-field.ts';
import { createUsageMeter, type UsageMeterOptions } from './usage-meter.ts';

function meter(options: Partial<UsageMeterOptions> = {}): ReturnType<typeof createUsageMeter> {
  return createUsageMeter({ perConversation: true, before: 'nothing', ...options });
}

describe('the usage of a run', () => {
  it('counts the subagents of what a real agent told', () => {
    const answers = readFixture('tools').map((message) => message['result'] ?? null);
    const result = answers.find((answer) => textField(answer, 'stopReason') !== undefined) ?? null;
    const counted = meter();
    counted.takeResult(result);
    expect(counted.figures()).toMatchObject({
      usage: { inputTokens: 11_000, outputTokens: 550 },
      byModel: { 'claude-sonnet-4-5': { inputTokens: 11_000 } },
    });
  });

  it.each([
    [
      'all apart',
      { inputTokens: 10, cachedReadTokens: 5, outputTokens: 7, thoughtTokens: 3, totalTokens: 25 },
      [10, 7, 3],
    ],
    [
      'the cache within the input',
      { inputTokens: 10, cachedReadTokens: 5, outputTokens: 7, thoughtTokens: 3, totalTokens: 20 },
      [5, 7, 3],
    ],
    [
      'reasoning within the output',
      { inputTokens: 10, cachedReadTokens: 5, outputTokens: 7, thoughtTokens: 3, totalTokens: 22 },
      [10, 4, 3],
    ],
    [
      'both within',
      { inputTokens: 10, cachedReadTokens: 5, outputTokens: 7, thoughtTokens: 3, totalTokens: 17 },
      [5, 4, 3],
    ],
    ['no total', { inputTokens: 10, cachedReadTokens: 5, outputTokens: 7, thoughtTokens: 3 }, [10, 7, 3]],
  ])('is read into disjoint classes: %s', (_name, usage, [input, output, reasoning]) => {
    const counted = meter();
    counted.takeResult({ stopReason: 'end_turn', usage });
    expect(counted.figures().usage).toMatchObject({
      inputTokens: input,
      cacheReadTokens: 5,
      outputTokens: output,
      reasoningTokens: reasoning,
    });
  });

  it('is not known where the agent does not tell it', () => {
    const counted = meter();
    counted.takeResult({ stopReason: 'end_turn' });
    expect(counted.figures()).toEqual({});
  });

  it('is never less than its answers, of which the result of a stopped turn leaves out the last', () => {
    const counted = meter();
    const message = { id: 'm', model: 'x', usage: { input_tokens: 1000, output_tokens: 1 } };
    counted.answers.takeMessage({ message });
    counted.answers.takeTotal(1001);
    counted.takeCost({ amount: 0, currency: 'USD' });
    const { usage } = counted.figures();
    expect(usage).toMatchObject({ inputTokens: 1000, outputTokens: 1 });
    const nothing = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    counted.takeResult({ stopReason: 'cancelled', usage: nothing });
    expect(counted.figures()).toEqual({ usage, byModel: { x: usage } });
  });
});

describe('the cost of a run', () => {
  it('is what the conversation cost more than before', () => {
    const counted = meter({ before: { usd: 0.5 } });
    counted.takeCost({ amount: 0.75, currency: 'USD' });
    expect(counted.figures().cost?.usd).toBe('0.25');
    expect(counted.counters()).toEqual({ usd: 0.75 });
  });

  it('is not known in another currency, nor where it is not known what was before, or it fell since then', () => {
    const fallen = meter({ before: { usd: 0.5 } });
    fallen.takeCost({ amount: 0.25, currency: 'USD' });
    const foreign = meter();
    foreign.takeCost({ amount: 1, currency: 'EUR' });
    const resumed = meter({ before: 'unknown' });
    resumed.takeCost({ amount: 1, currency: 'USD' });
    const perProcess = meter({ perConversation: false, before: { usd: 1 } });
    perProcess.takeCost({ amount: 3, currency: 'USD' });
    for (const counted of [fallen, foreign, resumed, perProcess])
      expect(counted.figures().cost).toBeUndefined();
  });
});
