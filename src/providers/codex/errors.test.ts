import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../domain/error-code.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { crashError, protocolError, resumeError, turnError } from './errors.ts';

function errorOf(message: string, keyVariables: readonly string[]) {
  const error = { message, codexErrorInfo: 'other' };
  return turnError({ error, retried: undefined, limitResetsAt: undefined, keyVariables }, '');
}

describe('a turn without the key of its model provider', () => {
  it.each([
    'Missing environment variable: `ACME_API_KEY`.',
    'Missing environment variable: `ACME_API_KEY`. Ask the platform team for one.',
  ])('is one without a sign-in: %s', (message) => {
    const error = errorOf(message, ['OTHER_KEY', 'ACME_API_KEY']);
    expect(error).toMatchObject({
      code: 'authentication_failed',
      recovery: 'sign_in',
      details: { variable: 'ACME_API_KEY', setting: 'environment' },
      provider: { provider: 'codex', kind: 'missing_key' },
    });
    expect(error.message).toContain('ACME_API_KEY');
  });

  it.each([
    'Missing environment variable: `AWS_SECRET_ACCESS_KEY`.',
    'It said: Missing environment variable: `ACME_API_KEY`.',
    'Missing environment variable: ACME_API_KEY',
  ])('is none that only a service tells of, for a variable that nobody named: %s', (message) => {
    const error = errorOf(message, ['ACME_API_KEY']);
    expect(error).toMatchObject({ code: 'agent_failed', provider: { kind: 'other' } });
    expect(error.details).toBeUndefined();
  });
});

function failed(codexErrorInfo: JsonValue, message = 'It failed.', retried?: JsonObject) {
  return turnError(
    { error: { message, codexErrorInfo }, retried, limitResetsAt: undefined, keyVariables: [] },
    '',
  );
}

const ofService = (fields: JsonObject): string => JSON.stringify({ error: fields });

describe('the error of a turn', () => {
  const named: readonly (readonly [string, ErrorCode])[] = [
    ['contextWindowExceeded', 'context_window_exceeded'],
    ['sessionBudgetExceeded', 'quota_exceeded'],
    ['usageLimitExceeded', 'quota_exceeded'],
    ['rateLimitExceeded', 'rate_limited'],
    ['flexUnavailable', 'provider_overloaded'],
    ['serverOverloaded', 'provider_overloaded'],
    ['cyberPolicy', 'content_refused'],
    ['misalignmentPolicyViolation', 'content_refused'],
    ['internalServerError', 'provider_unavailable'],
    ['unauthorized', 'authentication_failed'],
    ['badRequest', 'invalid_request'],
    ['responseStreamDisconnected', 'provider_unavailable'],
    ['responseStreamConnectionFailed', 'provider_unavailable'],
    ['responseTooManyFailedAttempts', 'provider_unavailable'],
    ['httpConnectionFailed', 'provider_unavailable'],
    ['somethingNew', 'agent_failed'],
    ['other', 'agent_failed'],
  ];
  it.each(named)('%s is %s, also as the one field of an object', (name, code) => {
    for (const info of [name, { [name]: { httpStatusCode: null } }])
      expect(failed(info)).toMatchObject({ code, provider: { provider: 'codex', kind: name } });
  });

  const statuses: readonly (readonly [number, ErrorCode])[] = [
    [400, 'invalid_request'],
    [401, 'authentication_failed'],
    [402, 'quota_exceeded'],
    [403, 'permission_denied'],
    [404, 'model_not_found'],
    [413, 'context_window_exceeded'],
    [418, 'agent_failed'],
    [422, 'invalid_request'],
    [429, 'rate_limited'],
    [500, 'provider_unavailable'],
    [503, 'provider_unavailable'],
    [529, 'provider_overloaded'],
  ];
  it.each(statuses)('status %i is %s, and is told', (status, code) => {
    for (const name of ['httpConnectionFailed', 'responseTooManyFailedAttempts'])
      expect(failed({ [name]: { httpStatusCode: status } })).toMatchObject({ code, provider: { status } });
  });

  it.each([
    [ofService({ code: 'context_length_exceeded' }), 'context_window_exceeded'],
    [ofService({ code: 'model_not_found' }), 'model_not_found'],
    [ofService({ code: 'content_policy_violation' }), 'content_refused'],
    [ofService({ code: null, type: 'invalid_request_error' }), 'invalid_request'],
    // Its code says more than its type.
    [ofService({ code: 'model_not_found', type: 'invalid_request_error' }), 'model_not_found'],
    [ofService({ code: 'something_new' }), 'agent_failed'],
    ['stream ended, reason: content_filter', 'content_refused'],
    ['{broken', 'agent_failed'],
    ['[]', 'agent_failed'],
  ])('the words %j are %s', (message, code) => {
    expect(failed('other', message).code).toBe(code);
  });

  it('for which the model was asked again is one of the service', () => {
    expect(failed('other', 'cut', { message: 'cut' }).code).toBe('provider_unavailable');
  });

  it('tells when a limit ends only for limits, and no more of the words than is good', () => {
    const at = (name: string) =>
      turnError(
        { error: { codexErrorInfo: name }, retried: undefined, limitResetsAt: 1_900, keyVariables: [] },
        'oops',
      );
    expect(at('usageLimitExceeded').provider).toMatchObject({ retryAt: 1_900, stderr: 'oops' });
    expect(at('rateLimitExceeded').provider).toMatchObject({ retryAt: 1_900 });
    expect(at('unauthorized').provider).not.toHaveProperty('retryAt');
    expect(failed('other', 'x'.repeat(9_000)).message.length).toBeLessThan(2_200);
  });
});

it('a program that ended, or was not understood, and a conversation that is gone have codes of their own', () => {
  expect(crashError({ exitCode: 0, stderr: 'oops' })).toMatchObject({
    code: 'agent_crashed',
    provider: { kind: 'process_ended', exitCode: 0, stderr: 'oops' },
  });
  expect(crashError({ signal: 'SIGKILL', stderr: '' })).toMatchObject({
    code: 'agent_crashed',
    message: expect.stringContaining('by SIGKILL'),
    provider: { signal: 'SIGKILL' },
  });
  expect(protocolError('no JSON', '')).toMatchObject({ code: 'agent_protocol_error' });
  expect(resumeError('no rollout found')).toMatchObject({ code: 'resume_failed' });
});
