import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { noUsage } from '../../domain/usage.ts';
import { createUsageMeter } from './usage-meter.ts';

/** Figures as Codex tells them: of the whole conversation, and of the newest answer. */
function figures(total: readonly [number, number], last: readonly [number, number]): JsonObject {
  const counted = ([inputTokens, outputTokens]: readonly [number, number]): JsonObject => ({
    inputTokens,
    outputTokens,
  });
  return { total: counted(total), last: counted(last) };
}

describe('the usage of a run', () => {
  it('is what the conversation used since the run began, answer by answer', () => {
    const meter = createUsageMeter();
    expect(meter.usage).toEqual(noUsage);
    // An earlier run had used 1,000 and 100.
    expect(meter.take(figures([1_010, 102], [10, 2]))).toMatchObject({ inputTokens: 10, outputTokens: 2 });
    expect(meter.usage).toMatchObject({ inputTokens: 10, outputTokens: 2 });
    expect(meter.take(figures([1_040, 105], [30, 3]))).toMatchObject({ inputTokens: 30, outputTokens: 3 });
    expect(meter.usage).toMatchObject({ inputTokens: 40, outputTokens: 5 });
  });

  it('counts figures that are told twice once, and makes no answer of what none used', () => {
    const meter = createUsageMeter();
    meter.take(figures([10, 2], [10, 2]));
    expect(meter.take(figures([10, 2], [10, 2]))).toBeUndefined();
    // Two answers at once: the newest alone would be too little.
    expect(meter.take(figures([60, 9], [20, 3]))).toBeUndefined();
    expect(meter.usage).toMatchObject({ inputTokens: 60, outputTokens: 9 });
  });

  it('has cached tokens and reasoning apart', () => {
    const meter = createUsageMeter();
    const counted = {
      inputTokens: 100,
      cachedInputTokens: 60,
      cacheWriteInputTokens: 10,
      outputTokens: 50,
      reasoningOutputTokens: 20,
    };
    meter.take({ total: counted, last: counted });
    expect(meter.usage).toMatchObject({
      inputTokens: 30,
      cacheReadTokens: 60,
      cacheWriteTokens: 10,
      outputTokens: 30,
      reasoningTokens: 20,
    });
  });
});
