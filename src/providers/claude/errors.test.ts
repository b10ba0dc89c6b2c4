import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../domain/json.ts';
import { processError, turnError, type FailedTurn } from './errors.ts';
import { createNormalizerState } from './normalizer-state.ts';
import { concludeRun } from './run-conclusion.ts';
import { createUsageMeter } from './usage-meter.ts';

function failed(result: JsonObject, more: Partial<FailedTurn> = {}): ReturnType<typeof turnError> {
  const turn = {
    assistantError: undefined,
    refused: false,
    limitResetsAt: undefined,
    begun: true,
    resumed: undefined,
    ...more,
  };
  return turnError({ result, ...turn }, 'the end of stderr');
}

describe('turnError', () => {
  it.each([
    [{ terminal_reason: 'api_error', api_error_status: 529 }, 'server_error', 'provider_overloaded'],
    [{ terminal_reason: 'api_error', api_error_status: 500 }, 'server_error', 'provider_unavailable'],
    [
      { terminal_reason: 'api_error', api_error_status: 401 },
      'authentication_failed',
      'authentication_failed',
    ],
    [{ terminal_reason: 'api_error', api_error_status: 403 }, 'authentication_failed', 'permission_denied'],
    [{ terminal_reason: 'api_error', api_error_status: 400 }, 'invalid_request', 'invalid_request'],
    [{ terminal_reason: 'api_error', api_error_status: null }, 'server_error', 'provider_unavailable'],
    [{ terminal_reason: 'api_error', api_error_status: null }, undefined, 'provider_unavailable'],
    [
      { terminal_reason: 'prompt_too_long', api_error_status: 400 },
      'invalid_request',
      'context_window_exceeded',
    ],
    [{ subtype: 'error_max_turns', terminal_reason: 'max_turns' }, undefined, 'max_turns_reached'],
    [{ subtype: 'error_max_budget_usd' }, undefined, 'quota_exceeded'],
    [{ subtype: 'success', stop_reason: 'refusal' }, undefined, 'content_refused'],
    [{ subtype: 'success' }, 'billing_error', 'quota_exceeded'],
    // The name says more than the status, which it shares with others.
    [{ terminal_reason: 'api_error', api_error_status: 400 }, 'billing_error', 'quota_exceeded'],
    [{ terminal_reason: 'api_error', api_error_status: 402 }, undefined, 'quota_exceeded'],
    [{ terminal_reason: 'api_error', api_error_status: 404 }, undefined, 'model_not_found'],
    [{ terminal_reason: 'api_error', api_error_status: 413 }, undefined, 'context_window_exceeded'],
    [{ terminal_reason: 'api_error', api_error_status: 429 }, undefined, 'rate_limited'],
    [{ terminal_reason: 'api_error', api_error_status: 418 }, undefined, 'provider_unavailable'],
    [{ terminal_reason: 'blocking_limit' }, 'invalid_request', 'context_window_exceeded'],
    [{ terminal_reason: 'rapid_refill_breaker' }, undefined, 'context_window_exceeded'],
    [{ terminal_reason: 'budget_exhausted' }, undefined, 'quota_exceeded'],
    [{ subtype: 'success' }, 'authentication_failed', 'authentication_failed'],
    [{ subtype: 'success' }, 'cloud_credential_error', 'authentication_failed'],
    [{ subtype: 'success' }, 'verification_required', 'authentication_failed'],
    [{ subtype: 'success' }, 'oauth_org_not_allowed', 'permission_denied'],
    [{ subtype: 'success' }, 'account_on_hold', 'permission_denied'],
    [{ subtype: 'success' }, 'rate_limit', 'rate_limited'],
    [{ subtype: 'success' }, 'overloaded', 'provider_overloaded'],
    [{ subtype: 'success' }, 'model_not_found', 'model_not_found'],
    [{ subtype: 'success' }, 'server_error', 'provider_unavailable'],
    [{ subtype: 'success' }, 'invalid_request', 'invalid_request'],
    [{ subtype: 'success' }, 'max_output_tokens', 'agent_failed'],
    [{ subtype: 'success' }, 'something new', 'agent_failed'],
  ] as const)('%j with %s is %s', (result, assistantError, code) => {
    const error = failed({ is_error: true, ...result }, { assistantError });
    expect(error).toMatchObject({ code, provider: { provider: 'claude', stderr: 'the end of stderr' } });
  });

  it('knows a limit with an end from a moment of too many requests', () => {
    const result = { terminal_reason: 'api_error', api_error_status: 429 };
    expect(failed(result, { assistantError: 'rate_limit' })).toMatchObject({ code: 'rate_limited' });
    const limited = failed(result, { assistantError: 'rate_limit', limitResetsAt: 1_800_000_000_000 });
    expect(limited).toMatchObject({ code: 'quota_exceeded', provider: { retryAt: 1_800_000_000_000 } });
  });

  it('knows a lost conversation by its never having begun', () => {
    const result = { subtype: 'error_during_execution', errors: ['No conversation found'] };
    expect(failed(result, { resumed: 'old', begun: false })).toMatchObject({ code: 'resume_failed' });
    expect(failed(result, { resumed: 'old', begun: true })).toMatchObject({ code: 'agent_failed' });
    expect(failed(result, { begun: false })).toMatchObject({ code: 'agent_failed' });
  });
});

describe('processError', () => {
  it('tells how the program ended, or that it was not understood', () => {
    const cause = new Error('bad line');
    expect(processError({ signal: 'SIGKILL', stderr: '', cause })).toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(processError({ exitCode: 3, stderr: 'x', cause })).toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 3, stderr: 'x' },
    });
    expect(processError({ stderr: '', cause })).toMatchObject({ code: 'agent_protocol_error', cause });
  });
});

it('a program that was interrupted as it was told to end with its question open has not failed', () => {
  const ending = {
    signal: new AbortController().signal,
    result: { is_error: true, terminal_reason: 'aborted_tools' },
    begun: true,
    interrupted: true,
    thrown: undefined,
    broken: undefined,
    exit: undefined,
    stderr: '',
    state: createNormalizerState({ usage: createUsageMeter('nothing'), isDenied: () => false }),
    resumed: undefined,
    conversation: 'conversation',
    parked: true,
    wantsForm: false,
  };
  expect(concludeRun(ending)).toMatchObject({ status: 'interrupted' });
  expect(() => concludeRun({ ...ending, interrupted: false })).toThrow('with the question open');
});
