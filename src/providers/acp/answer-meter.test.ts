import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { createAnswerMeter } from './answer-meter.ts';

/** A message of Claude Code's, as claude-agent-acp passes it on. */
function message(
  id: string,
  changes: { readonly outer?: JsonObject; readonly inner?: JsonObject } = {},
): JsonObject {
  const usage = {
    input_tokens: 100,
    cache_creation_input_tokens: 20,
    cache_read_input_tokens: 300,
    output_tokens: 1,
  };
  const inner = { id, role: 'assistant', model: 'sonnet', stop_reason: null, usage, ...changes.inner };
  return { type: 'assistant', message: inner, parent_tool_use_id: null, ...changes.outer };
}

const read = { inputTokens: 100, cacheWriteTokens: 20, cacheReadTokens: 300, reasoningTokens: 0 };

describe('the answers of a turn', () => {
  it('are counted when their sum is told, each once, however many blocks it has', () => {
    const answers = createAnswerMeter();
    // That an answer begins is told, too.
    expect(answers.takeTotal(421)).toBeUndefined();
    expect(answers.takeMessage(message('msg_1'))).toBeUndefined();
    expect(answers.takeMessage(message('msg_1'))).toBeUndefined();
    expect(answers.takeTotal(450)).toEqual({
      messageId: 'msg_1',
      model: 'sonnet',
      usage: { ...read, outputTokens: 30 },
    });
    expect(answers.takeTotal(450)).toBeUndefined();
    answers.takeMessage(message('msg_2'));
    answers.takeTotal(430);
    expect(answers.byModel).toEqual({
      sonnet: {
        inputTokens: 200,
        cacheWriteTokens: 40,
        cacheReadTokens: 600,
        outputTokens: 40,
        reasoningTokens: 0,
      },
    });
  });

  it('that come whole are complete at once', () => {
    const answers = createAnswerMeter();
    const usage = { input_tokens: 7, output_tokens: 5 };
    expect(
      answers.takeMessage(message('msg_1', { inner: { stop_reason: 'end_turn', usage } })),
    ).toMatchObject({
      usage: { inputTokens: 7, outputTokens: 5 },
    });
    expect(answers.takeTotal(12)).toBeUndefined();
  });

  it('of subagents are no answers of the run, but what they read counts', () => {
    const answers = createAnswerMeter();
    const outer = { parent_tool_use_id: 'toolu_1' };
    expect(answers.takeMessage(message('msg_1', { outer }))).toBeUndefined();
    expect(answers.takeTotal(450)).toBeUndefined();
    expect(answers.byModel).toMatchObject({ sonnet: { inputTokens: 100, cacheReadTokens: 300 } });
  });

  it('are not made of what is no message', () => {
    const answers = createAnswerMeter();
    for (const nonsense of [
      undefined,
      null,
      'x',
      {},
      { message: { id: 'msg_1' } },
      { message: { usage: {} } },
    ])
      expect(answers.takeMessage(nonsense)).toBeUndefined();
    expect(answers.takeTotal(1)).toBeUndefined();
    expect(answers.byModel).toEqual({});
  });
});
