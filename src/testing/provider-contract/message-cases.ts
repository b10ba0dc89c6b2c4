import assert from 'node:assert/strict';
import { addUsage, tokenUsage } from '../../domain/usage.ts';
import type { ProviderCase } from './provider-case.ts';

/** What an agent says, and what that used. */
export const messageCases: readonly ProviderCase[] = [
  {
    name: 'streams texts whose pieces are the message',
    claims: ['text_deltas'],
    async run(room) {
      const text = 'One two three, four five six 🎈, seven eight nine.';
      const run = await room.start([{ say: text }]);
      await room.outcome(run);
      const pieces = run.ofType('message_streamed');
      assert.ok(pieces.length > 1, `the text comes in pieces, not in ${pieces.length}`);
      assert.equal(pieces.map((event) => event.data.text).join(''), text, 'the pieces together');
      const received = run.ofType('message_received').find((event) => event.data.text === text);
      const ids = new Set([...pieces.map((event) => event.data.messageId), received?.data.messageId]);
      assert.equal(ids.size, 1, 'pieces and message have the same id');
    },
  },
  {
    name: 'does not stream texts that it says it does not',
    refuses: 'text_deltas',
    async run(room) {
      const run = await room.start([{ say: 'In one piece.' }]);
      await room.outcome(run);
      assert.equal(run.ofType('message_streamed').length, 0, 'streamed pieces');
    },
  },
  {
    name: 'tells reasoning apart from text',
    claims: ['reasoning'],
    async run(room) {
      const run = await room.start([{ say: 'Forty-two.', reasoning: 'Six times seven.' }]);
      const outcome = await room.outcome(run);
      assert.deepEqual(
        run.ofType('reasoning_received').map((event) => event.data.text),
        ['Six times seven.'],
      );
      assert.equal(outcome.output, 'Forty-two.');
    },
  },
  {
    name: 'reports the usage of the whole run, in disjoint classes',
    claims: ['usage_reported'],
    async run(room) {
      const first = tokenUsage({
        inputTokens: 120,
        outputTokens: 30,
        cacheReadTokens: 11,
        cacheWriteTokens: 7,
      });
      const second = tokenUsage({ inputTokens: 45, outputTokens: 6, cacheReadTokens: 130 });
      const run = await room.start([
        { command: 'true', usage: first },
        { say: 'Done.', usage: second },
      ]);
      const outcome = await room.outcome(run);
      const total = addUsage(first, second);
      assert.deepEqual(outcome.usage, total, 'the usage of the outcome');
      assert.deepEqual(run.ofType('token_usage_updated').at(-1)?.data.usage, total, 'the last usage event');
    },
  },
  {
    name: 'reports what each answer of the model used',
    claims: ['usage_per_answer'],
    async run(room) {
      const first = tokenUsage({ inputTokens: 120, outputTokens: 30, cacheReadTokens: 11 });
      const second = tokenUsage({ inputTokens: 45, outputTokens: 6, cacheReadTokens: 130 });
      const run = await room.start([
        { command: 'true', usage: first },
        { say: 'Done.', usage: second },
      ]);
      await room.outcome(run);
      assert.deepEqual(
        run.ofType('turn_completed').map((event) => event.data.usage),
        [first, second],
        'the usage of each answer',
      );
    },
  },
  {
    name: 'reports what the run cost',
    claims: ['cost_reported'],
    async run(room) {
      const usage = { inputTokens: 1000, outputTokens: 100 };
      const outcome = await room.outcome(await room.start([{ say: 'Not for free.', usage }]));
      assert.ok(Number(outcome.cost?.usd) > 0, `a cost above zero, not ${outcome.cost?.usd}`);
    },
  },
  {
    name: 'gives the model the system prompt',
    claims: ['system_prompt'],
    async run(room) {
      const systemPrompt = 'You always speak of the blue heron.';
      await room.outcome(await room.start([{ say: 'Blue heron.' }], { systemPrompt }));
      assert.ok(
        room.fixture.heard().some((text) => text.includes(systemPrompt)),
        'the model heard the system prompt',
      );
    },
  },
  {
    name: 'answers in the form that is asked for',
    claims: ['structured_output'],
    async run(room) {
      const outputSchema = {
        type: 'object',
        properties: { colour: { type: 'string' }, count: { type: 'number' } },
        required: ['colour', 'count'],
        additionalProperties: false,
      };
      const answer = { colour: 'teal', count: 3 };
      const outcome = await room.outcome(await room.start([{ answer }], { outputSchema }));
      assert.deepEqual(JSON.parse(outcome.output ?? ''), answer, 'the output, as JSON');
    },
  },
  {
    name: 'stops after the allowed number of turns',
    claims: ['max_turns'],
    async run(room) {
      const steps = [{ command: 'true' }, { command: 'true' }, { say: 'Too far.' }];
      const error = await room.failure(await room.start(steps, { maxTurns: 1 }));
      assert.equal(error.code, 'max_turns_reached', error.message);
      assert.equal(room.fixture.modelCalls(), 1, 'calls of the model');
    },
  },
];
