import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/domain/error-code.ts';
import type { Provider } from '../../src/ports/provider.ts';
import type { CodexNative } from '../../src/providers/codex/options.ts';
import { codex } from '../../src/providers/codex/provider.ts';
import type { ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import { processesWithCookie } from '../../src/testing/provider-contract/cookie-finder.ts';
import { openCodexRoom, type CodexRoom } from './codex-room.ts';
import { shell } from './codex-step.ts';

describe('a configuration folder that is new', () => {
  it('is no failure for those of several runs that are not the first in it', async () => {
    await using room = await openCodexRoom(() => ({ text: 'fine' }));
    const runs = [room.run(), room.run(), room.run()];
    for (const run of runs) await expect(run.outcome()).resolves.toMatchObject({ status: 'completed' });
  });
});

describe('a failure of the model service', () => {
  let room: CodexRoom;
  // Each run has a thread of its own on one server, since what its model answers has nothing to do with starting one.
  let provider: Provider<CodexNative>;

  beforeAll(async () => {
    room = await openCodexRoom([]);
    provider = codex({ shareServer: true });
  });

  afterAll(async () => {
    await provider[Symbol.asyncDispose]?.();
    await room[Symbol.asyncDispose]();
  });

  const cases: readonly (readonly [string, ModelTurn, ErrorCode, string])[] = [
    [
      'credentials that are refused',
      { error: { status: 401 } },
      'authentication_failed',
      'httpConnectionFailed',
    ],
    ['a caller who may not', { error: { status: 403 } }, 'permission_denied', 'httpConnectionFailed'],
    ['a model that is not there', { error: { status: 404 } }, 'model_not_found', 'httpConnectionFailed'],
    ['a malformed request', { error: { status: 400 } }, 'invalid_request', 'other'],
    [
      'a request that is too long',
      { error: { status: 413 } },
      'context_window_exceeded',
      'httpConnectionFailed',
    ],
    ['too many requests', { error: { status: 429 } }, 'rate_limited', 'responseTooManyFailedAttempts'],
    ['a fault of the service', { error: { status: 500 } }, 'provider_unavailable', 'internalServerError'],
    ['a service that is down', { error: { status: 503 } }, 'provider_unavailable', 'httpConnectionFailed'],
    ['an overloaded service', { error: { status: 529 } }, 'provider_overloaded', 'httpConnectionFailed'],
    [
      'a model at its capacity',
      { errorEvent: { type: 'server_is_overloaded', message: 'busy' } },
      'provider_overloaded',
      'serverOverloaded',
    ],
    [
      'a conversation that is too long',
      { errorEvent: { type: 'context_length_exceeded', message: 'too long' } },
      'context_window_exceeded',
      'contextWindowExceeded',
    ],
    [
      'a quota that is used up',
      { errorEvent: { type: 'insufficient_quota', message: 'none left' } },
      'quota_exceeded',
      'usageLimitExceeded',
    ],
    [
      'a refusal for what was asked',
      { errorEvent: { type: 'cyber_policy', message: 'no' } },
      'content_refused',
      'cyberPolicy',
    ],
    ['an answer that was filtered', { text: 'x', stopReason: 'content_filter' }, 'content_refused', 'other'],
    ['an answer that was too long', { text: 'x', stopReason: 'max_tokens' }, 'agent_failed', 'other'],
    ['a stream that is cut', { text: 'abc', cutAfter: 3 }, 'provider_unavailable', 'other'],
    ['an answer that is nonsense', { malformed: 'nonsense' }, 'provider_unavailable', 'other'],
  ];

  it.each(cases)('%s', async (_name, turn, code, kind) => {
    room.server.setScript(() => turn);
    await expect(room.run({ provider }).outcome()).rejects.toMatchObject({
      code,
      provider: { provider: 'codex', kind },
    });
  });

  it('is told as a retry when the agent tries again', async () => {
    room.server.setScript([{ error: { status: 503 } }, { error: { status: 503 } }, { text: 'recovered' }]);
    const run = room.run({ provider });
    await expect(run.outcome()).resolves.toMatchObject({ status: 'completed', output: 'recovered' });
    expect(run.ofType('agent_retrying')).toMatchObject([{ data: { attempt: 1, status: 503 } }]);
  });

  it('that asks for less haste is waited out by Codex only when it says for how long', async () => {
    const before = room.server.mainRequests.length;
    room.server.setScript([
      { error: { status: 429, headers: { 'retry-after': '0' } } },
      { text: 'recovered' },
    ]);
    const patient = room.run({ provider });
    await expect(patient.outcome()).resolves.toMatchObject({ output: 'recovered' });
    expect(patient.ofType('agent_retrying')).toMatchObject([{ data: { attempt: 1, status: 429 } }]);
    room.server.setScript([{ error: { status: 429 } }, { text: 'never' }]);
    const refused = room.run({ provider });
    await expect(refused.outcome()).rejects.toMatchObject({ code: 'rate_limited' });
    expect(refused.ofType('agent_retrying')).toEqual([]);
    expect(room.server.mainRequests).toHaveLength(before + 3);
  });

  it('that asks for an hour is not waited out', async () => {
    await using hasty = codex({ retryWait: 200 });
    const headers = { 'retry-after': '3600' };
    room.server.setScript([{ error: { status: 429, headers } }, { text: 'never' }]);
    const run = room.run({ provider: hasty });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'rate_limited', provider: { status: 429 } });
    expect(run.ofType('agent_retrying')).toMatchObject([{ data: { status: 429 } }]);
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });

  it('of a plan that is used up tells when it can be used again', async () => {
    const resetsAt = 2_000_000_000;
    const headers = {
      'x-codex-primary-used-percent': '100.0',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(resetsAt),
    };
    room.server.setScript(() => ({
      error: { status: 429, type: 'usage_limit_reached', headers },
    }));
    const run = room.run({ provider });
    await expect(run.outcome()).rejects.toMatchObject({
      code: 'quota_exceeded',
      provider: { kind: 'usageLimitExceeded', retryAt: resetsAt * 1000 },
    });
    expect(run.ofType('rate_limit_updated')).toMatchObject([
      { data: { status: 'rejected', kind: 'primary', utilization: 1, resetsAt: resetsAt * 1000 } },
    ]);
  });

  it('that is a service where nobody listens is told as retries, until a cancel ends them', async () => {
    await using room = await openCodexRoom([]);
    await room.server[Symbol.asyncDispose]();
    const run = room.run();
    await run.waitFor((event) => event.type === 'agent_retrying');
    expect(await processesWithCookie(run.cookie)).not.toEqual([]);
    run.host.cancel();
    await expect(run.outcome()).rejects.toMatchObject({ code: 'cancelled' });
    expect(await processesWithCookie(run.cookie)).toEqual([]);
  });

  it('after an answer still reports what was used', async () => {
    room.server.setScript([
      { text: 'first', tools: [shell('true')] },
      { error: { status: 403 } },
      { error: { status: 403 } },
    ]);
    const run = room.run({ provider });
    await expect(run.outcome()).rejects.toMatchObject({ code: 'permission_denied' });
    expect(run.ofType('token_usage_updated').at(-1)?.data.usage).toMatchObject({
      inputTokens: 1000,
      outputTokens: 50,
    });
  });

  it('that is silence in the form of a wrong answer is told as such', async () => {
    room.server.setScript(() => ({ text: 'no JSON' }));
    const outputSchema = { type: 'object', properties: {}, additionalProperties: false };
    await expect(room.run({ provider, request: { outputSchema } }).outcome()).rejects.toMatchObject({
      code: 'agent_failed',
      provider: { kind: 'no_structured_output' },
    });
  });
});
