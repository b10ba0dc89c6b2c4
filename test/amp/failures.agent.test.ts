import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/error-code.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { bash, openAgentRoom } from './agent-room.ts';

const status = (code: number, message?: string): ModelTurn => ({
  error: { status: code, ...(message === undefined ? {} : { message }) },
});

describe('a failure of the model service', () => {
  const cases: readonly (readonly [string, ModelTurn, ErrorCode])[] = [
    ['credits that are used up', status(402, 'Out of credits'), 'quota_exceeded'],
    ['a model that is not there', status(404), 'model_not_found'],
    ['a request that is too large', status(413), 'context_window_exceeded'],
    [
      'a prompt that is too long',
      status(400, 'prompt is too long: 300000 tokens > 200000 maximum'),
      'context_window_exceeded',
    ],
    ['a malformed request', status(400, 'messages: something is wrong'), 'invalid_request'],
    ['a stream that is cut', { text: 'half of it, then nothing', cutAfter: 5 }, 'provider_unavailable'],
    [
      'a stream that ends with an overload',
      { text: 'half', errorEvent: { type: 'overloaded_error', message: 'Overloaded' } },
      'provider_overloaded',
    ],
    ['an answer that is none', { malformed: '<html>' }, 'provider_unavailable'],
    ['a refusal of the model', { text: 'No.', stopReason: 'refusal' }, 'content_refused'],
    ['an answer that is cut off', { text: 'long', stopReason: 'max_tokens' }, 'agent_failed'],
  ];

  it.each(cases)('%s', async (_name, turn, code) => {
    await using room = await openAgentRoom(() => turn);
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({ code, provider: { provider: 'amp' } });
    expect(await run.processes()).toEqual([]);
  });

  it('a caller who may not; after an answer it is still told what was used', async () => {
    await using room = await openAgentRoom([{ text: 'first', tools: [bash('true')] }, status(403)]);
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'permission_denied',
      provider: { status: 403, kind: 'permission_error' },
    });
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage).toMatchObject({
      inputTokens: 1000,
      outputTokens: 50,
    });
  });
});

describe('a start', () => {
  it('without a sign-in fails before anything starts', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const run = room.run({ variables: { AMP_API_KEY: '' } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'authentication_failed', recovery: 'sign_in' });
    expect(run.events).toEqual([]);
    expect(room.server.requests).toHaveLength(0);
  });

  it('with a key that Amp refuses fails, and does not wait for a browser', async () => {
    await using room = await openAgentRoom([{ text: 'never' }]);
    const refusing = createServer((_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end('{"ok":false,"error":{"code":"auth-required","message":"no"}}');
    }).listen(0, '127.0.0.1');
    try {
      await once(refusing, 'listening');
      const address = refusing.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const run = room.run({ variables: { AMP_URL: `http://127.0.0.1:${port}` } });
      await expect(run.outcome()).rejects.toMatchObject({ code: 'authentication_failed' });
    } finally {
      refusing.closeAllConnections();
      refusing.close();
    }
  });

  it('with a server that nobody serves is an unavailable provider', async () => {
    await using room = await openAgentRoom([]);
    const run = room.run({ variables: { AMP_URL: 'http://127.0.0.1:9' } });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
