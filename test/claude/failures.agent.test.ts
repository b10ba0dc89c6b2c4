import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/error-code.ts';
import { bash, openAgentRoom } from './agent-room.ts';

describe('a failure of the model service', () => {
  const cases: readonly (readonly [string, number, string | undefined, ErrorCode])[] = [
    ['credentials that are refused', 401, undefined, 'authentication_failed'],
    ['a model that is not there', 404, undefined, 'model_not_found'],
    ['too many requests', 429, undefined, 'rate_limited'],
    ['a fault of the service', 500, undefined, 'provider_unavailable'],
    ['an overloaded service', 529, undefined, 'provider_overloaded'],
    [
      'a prompt that is too long',
      400,
      'prompt is too long: 300000 tokens > 200000 maximum',
      'context_window_exceeded',
    ],
    ['a plan that is used up', 402, undefined, 'quota_exceeded'],
    ['a request that is too large', 413, undefined, 'context_window_exceeded'],
    ['a malformed request', 400, 'messages: something is wrong', 'invalid_request'],
  ];

  it.each(cases)('%s: status %i', async (_name, status, message, code) => {
    await using room = await openAgentRoom(() => ({
      error: { status, ...(message === undefined ? {} : { message }) },
    }));
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({ code, provider: { provider: 'claude', status } });
    expect(run.ofType('message_received')).toEqual([]);
  });

  it('is told as a retry when the agent tries again; 403 after an answer still reports what was used', async () => {
    await using room = await openAgentRoom([
      { error: { status: 429, headers: { 'retry-after': '0' } } },
      { text: 'recovered', tools: [bash('true')] },
      { error: { status: 403 } },
    ]);
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'permission_denied',
      provider: { provider: 'claude', status: 403 },
    });
    expect(run.ofType('agent_retrying')).toMatchObject([
      { data: { attempt: 1, maximumAttempts: 1, status: 429, reason: 'rate_limit' } },
    ]);
    expect(run.ofType('message_received')).toMatchObject([{ data: { text: 'recovered' } }]);
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage).toMatchObject({
      inputTokens: 1000,
      outputTokens: 50,
    });
  });

  it('of a stream that is cut leaves the pieces said and gives the whole text another id', async () => {
    await using room = await openAgentRoom([
      { text: 'half of it, then nothing', cutAfter: 5 },
      { text: 'whole' },
    ]);
    const run = room.run({ variables: { CLAUDE_CODE_MAX_RETRIES: '2' } });
    await expect(run.outcome()).resolves.toMatchObject({ output: 'whole' });
    for (const { data } of run.ofType('message_received')) {
      const pieces = run
        .ofType('message_streamed')
        .filter((piece) => piece.data.messageId === data.messageId);
      expect(pieces.map((piece) => piece.data.text).join('')).toBe(data.text);
    }
  });

  it('of a service that nobody serves is an unavailable provider', async () => {
    await using room = await openAgentRoom([]);
    const run = room.run({ variables: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('a turn that ends badly', () => {
  it('by a refusal of the model', async () => {
    await using room = await openAgentRoom(() => ({ text: 'No.', stopReason: 'refusal' }));
    await expect(room.run().outcome()).rejects.toMatchObject({ code: 'content_refused' });
  });

  it('by a model that never answers in the form that is asked for', async () => {
    await using room = await openAgentRoom(() => ({ text: '{"n": 5}' }));
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    await expect(room.run({ request: { outputSchema } }).outcome()).rejects.toMatchObject({
      code: 'agent_failed',
    });
  });

  it('for want of a sign-in', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const run = room.run({ variables: { ANTHROPIC_API_KEY: '' } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'authentication_failed', recovery: 'sign_in' });
    expect(room.server.mainRequests).toHaveLength(0);
  });
});
