import { describe, expect, it } from 'vitest';
import { processError, saidError } from './errors.ts';

describe('what Amp says about a failure', () => {
  it.each([
    ['Unauthorized Check your access token.', 'authentication_failed'],
    ['Out of Credits Add credits to keep using Amp.', 'quota_exceeded'],
    [
      'Out of Credits Add credits to keep using Amp right now, or wait until the next hour.',
      'quota_exceeded',
    ],
    ['Model Provider Overloaded Try again in a few seconds.', 'provider_overloaded'],
    ['Model Stream Timed Out The model stopped sending data before finishing.', 'provider_unavailable'],
    [
      'Context Limit Reached This conversation has reached the context window limit.',
      'context_window_exceeded',
    ],
    [
      'The model refused to respond to this request. Please retry with a different prompt.',
      'content_refused',
    ],
    ['429 {"type":"error","error":{"type":"rate_limit_error","message":"Slow down."}}', 'rate_limited'],
    ['503 {"type":"error","error":{"type":"api_error","message":"Away."}}', 'provider_unavailable'],
    ['502 {"message":"no error in it"}', 'provider_unavailable'],
    ['{"type":"error","error":{"type":"api_error","message":"broken"}}', 'provider_unavailable'],
    ['terminated', 'provider_unavailable'],
    ['fetch failed', 'provider_unavailable'],
    ['Connection error.', 'provider_unavailable'],
    ['request ended without sending any chunks', 'provider_unavailable'],
    ['Usage Quota Exceeded Your quota is used up.', 'quota_exceeded'],
    ['Rate Limit Hit Wait a little.', 'rate_limited'],
    ['Network Error Cannot reach Amp servers.', 'provider_unavailable'],
    ['400 {"error":{"type":"invalid_request_error"}}', 'invalid_request'],
    ['401 {"error":{"type":"authentication_error"}}', 'authentication_failed'],
    ['402 {"error":{"type":"billing_error"}}', 'quota_exceeded'],
    ['403 {"error":{"type":"permission_error"}}', 'permission_denied'],
    ['404 {"error":{"type":"not_found_error"}}', 'model_not_found'],
    ['413 {"error":{"type":"request_too_large"}}', 'context_window_exceeded'],
    ['{"error":{"type":"timeout_error"}}', 'provider_unavailable'],
    ['{"error":{"type":"overloaded_error"}}', 'provider_overloaded'],
    ['max_tokens', 'agent_failed'],
    ['', 'agent_failed'],
  ])('%j is %s', (said, code) => {
    expect(saidError(said, 'error_during_execution')).toMatchObject({ code, provider: { provider: 'amp' } });
  });

  it.each([
    'The tool said: Unauthorized Check your access token.',
    'I saw 429 {"type":"error","error":{"type":"rate_limit_error"}}',
    'the connection was terminated',
    '200 {"error":{"type":"something_new"}}',
    '500 {broken',
  ])('%j is no form that is known', (said) => {
    expect(saidError(said, 'error_during_execution').code).toBe('agent_failed');
  });

  it('is told with its status, its name and a bounded text', () => {
    const error = saidError(
      '403 {"error":{"type":"permission_error"}}',
      'error_during_execution',
      'a warning',
    );
    expect(error.provider).toEqual({
      provider: 'amp',
      kind: 'permission_error',
      status: 403,
      stderr: 'a warning',
    });
    expect(saidError('x'.repeat(10_000), 'x').message.length).toBeLessThan(2_100);
  });
});

describe('an Amp that ended early', () => {
  it.each([
    ['Thread T-1 does not exist.\n', 'resume_failed'],
    ['Error: Invalid thread ID or URL: x\n\nProvide a valid thread ID', 'resume_failed'],
    ["Error: Invalid or missing API key. Run 'amp login' to authenticate.\n", 'authentication_failed'],
    ["Error: Couldn't connect to the Amp server at http://127.0.0.1:9.\n", 'provider_unavailable'],
    ['Error: something else\n', 'agent_crashed'],
  ])('before its turn with %j is %s', (stderr, code) => {
    expect(processError({ exitCode: 1, stderr, begun: false }).code).toBe(code);
  });

  it('in its turn is a crash, whatever it says', () => {
    const lost = { exitCode: 1, stderr: 'Thread T-1 does not exist.', begun: true };
    expect(processError(lost)).toMatchObject({ code: 'agent_crashed', provider: { exitCode: 1 } });
    expect(processError({ signal: 'SIGKILL', stderr: '', begun: true })).toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
  });

  it('that only closed its output broke its protocol', () => {
    expect(processError({ stderr: '', begun: true }).code).toBe('agent_protocol_error');
  });
});
