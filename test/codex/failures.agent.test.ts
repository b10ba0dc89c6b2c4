import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/error-code.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { responseToolResults } from '../../src/testing/model-server/openai-reader.ts';
import { openAgentRoom } from './agent-room.ts';
import { command } from './codex-steps.ts';

const cases: readonly (readonly [string, ModelTurn, ErrorCode])[] = [
  ['credentials that are refused', { error: { status: 401 } }, 'authentication_failed'],
  ['a caller who may not', { error: { status: 403 } }, 'permission_denied'],
  ['a model that is not there', { error: { status: 404 } }, 'model_not_found'],
  ['a malformed request', { error: { status: 400 } }, 'invalid_request'],
  ['too many requests', { error: { status: 429 } }, 'rate_limited'],
  ['a plan that is used up', { error: { status: 429, type: 'usage_limit_reached' } }, 'quota_exceeded'],
  ['a fault of the service', { error: { status: 500 } }, 'provider_unavailable'],
  ['a service that is down', { error: { status: 503 } }, 'provider_unavailable'],
  [
    'a conversation that is too long',
    { errorEvent: { type: 'context_length_exceeded', message: 'Too long.' } },
    'context_window_exceeded',
  ],
];

describe('a failure of the model service', () => {
  it.each(cases)('%s', async (_name, turn, code) => {
    await using room = await openAgentRoom(() => turn);
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({ code, provider: { provider: 'codex' } });
    expect(run.ofType('message_received')).toEqual([]);
  });

  it('of a stream that is cut is told as a retry, and the next answer counts', async () => {
    await using room = await openAgentRoom([{ text: 'half of it', cutAfter: 4 }, { text: 'whole' }]);
    const run = room.run();
    await expect(run.outcome()).resolves.toMatchObject({ output: 'whole' });
    expect(run.ofType('agent_retrying').length).toBeGreaterThan(0);
  });

  it('after an answer still reports what was used', async () => {
    // Codex asks again after a refusal, too.
    await using room = await openAgentRoom((request) =>
      responseToolResults(request).length === 0 ? { tools: [command('true')] } : { error: { status: 403 } },
    );
    const run = room.run();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'permission_denied' });
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage).toMatchObject({ inputTokens: 1000 });
  });

  it('that never comes ends with a cancel', async () => {
    await using room = await openAgentRoom([{ hang: true }]);
    const run = room.run();
    await expect.poll(() => room.server.mainRequests.length, { timeout: 120_000 }).toBe(1);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('of a service that nobody serves is an unavailable provider, or ends with a cancel', async () => {
    await using room = await openAgentRoom([]);
    await room.server[Symbol.asyncDispose]();
    const run = room.run();
    await run.waitFor((event) => event.type === 'agent_started');
    const end = await Promise.race([
      run.outcome().catch((thrown: unknown) => thrown),
      run.waitFor((event) => event.type === 'agent_retrying').then(() => run.host.cancel()),
    ]);
    if (end === undefined) await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    else expect(end).toMatchObject({ code: 'provider_unavailable' });
  });
});
