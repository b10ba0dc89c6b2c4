import assert from 'node:assert/strict';
import { addUsage, tokenUsage, type TokenUsage } from '../../domain/usage.ts';
import { plainReasoning, plainSystemPrompt, plainText, type PlainRun } from './plain-run.ts';
import type { ProviderCase } from './provider-case.ts';

/** What each answer of the model used, as its script says. */
function usageOf({ steps }: PlainRun): readonly TokenUsage[] {
  return steps.flatMap((step) =>
    'usage' in step && step.usage !== undefined ? [tokenUsage(step.usage)] : [],
  );
}

/** What an agent says, and what that used. */
export const messageCases: readonly ProviderCase[] = [
  {
    name: 'streams texts whose pieces are the message',
    claims: ['text_deltas'],
    async look({ plain }) {
      const run = await plain();
      const pieces = run.ofType('message_streamed');
      assert.ok(pieces.length > 1, `the text comes in pieces, not in ${pieces.length}`);
      assert.equal(pieces.map((event) => event.data.text).join(''), plainText, 'the pieces together');
      const received = run.ofType('message_received').find((event) => event.data.text === plainText);
      const ids = new Set([...pieces.map((event) => event.data.messageId), received?.data.messageId]);
      assert.equal(ids.size, 1, 'pieces and message have the same id');
    },
  },
  {
    name: 'does not stream texts that it says it does not',
    refuses: 'text_deltas',
    async look({ plain }) {
      assert.equal((await plain()).ofType('message_streamed').length, 0, 'streamed pieces');
    },
  },
  {
    name: 'tells reasoning apart from text',
    claims: ['reasoning'],
    async look({ plain }) {
      const run = await plain();
      assert.deepEqual(
        run.ofType('reasoning_received').map((event) => event.data.text),
        [plainReasoning],
      );
      assert.equal(run.outcome.output, plainText);
    },
  },
  {
    name: 'reports the usage of the whole run, in disjoint classes',
    claims: ['usage_reported'],
    async look({ plain }) {
      const run = await plain();
      const total = usageOf(run).reduce((sum, usage) => addUsage(sum, usage));
      assert.deepEqual(run.outcome.usage, total, 'the usage of the outcome');
      assert.deepEqual(run.ofType('token_usage_updated').at(-1)?.data.usage, total, 'the last usage event');
    },
  },
  {
    name: 'reports what each answer of the model used',
    claims: ['usage_per_answer'],
    async look({ plain }) {
      const run = await plain();
      assert.deepEqual(
        run.ofType('turn_completed').map((event) => event.data.usage),
        usageOf(run),
        'the usage of each answer',
      );
    },
  },
  {
    name: 'reports what the run cost',
    claims: ['cost_reported'],
    async look({ plain }) {
      const { cost } = (await plain()).outcome;
      assert.ok(Number(cost?.usd) > 0, `a cost above zero, not ${cost?.usd}`);
    },
  },
  {
    name: 'gives the model the system prompt',
    claims: ['system_prompt'],
    async look({ plain }) {
      assert.ok(
        (await plain()).heard.some((text) => text.includes(plainSystemPrompt)),
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
