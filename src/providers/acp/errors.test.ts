import { RequestError } from '@agentclientprotocol/sdk';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../domain/error-code.ts';
import { AsmError } from '../../domain/error.ts';
import { chooseAgent } from './agent.ts';
import { ConnectionClosed } from './connection.ts';
import { requestError, resumeError, stopError, type ProcessState } from './errors.ts';

const agent = chooseAgent({ preset: 'claude-agent-acp' });
const alive: ProcessState = { exit: undefined, stderr: '', broken: undefined };

describe('an error of an agent', () => {
  const cases: readonly (readonly [number, string, unknown, ErrorCode])[] = [
    [-32_000, 'Authentication required', undefined, 'authentication_failed'],
    [-32_601, 'Method not found', undefined, 'agent_protocol_error'],
    [-32_602, 'Invalid params', undefined, 'invalid_request'],
    [-32_603, 'Internal error: x', { errorKind: 'rate_limit' }, 'rate_limited'],
    [-32_603, 'Internal error: x', { errorKind: 'authentication_failed' }, 'authentication_failed'],
    [-32_603, 'Internal error: x', { errorKind: 'cloud_credential_error' }, 'authentication_failed'],
    [-32_603, 'Internal error: x', { errorKind: 'verification_required' }, 'authentication_failed'],
    [-32_603, 'Internal error: x', { errorKind: 'account_on_hold' }, 'permission_denied'],
    [-32_603, 'Internal error: x', { errorKind: 'quota_exceeded' }, 'quota_exceeded'],
    [-32_603, 'Internal error: x', { errorKind: 'usage_limit' }, 'quota_exceeded'],
    [-32_603, 'Internal error: x', { errorKind: 'context_window_exceeded' }, 'context_window_exceeded'],
    [-32_603, 'Internal error: x', { errorKind: 'invalid_request' }, 'invalid_request'],
    [-32_603, 'Internal error: x', { errorKind: 'transport_lost' }, 'agent_crashed'],
    [-32_603, 'Internal error: x', { errorKind: 'worker_shutdown' }, 'agent_crashed'],
    [-32_603, 'Internal error: x', { errorKind: 'something_new' }, 'agent_failed'],
    [-32_700, 'Parse error', undefined, 'agent_protocol_error'],
    [-32_600, 'Invalid request', undefined, 'agent_protocol_error'],
    [-32_603, 'Internal error: x', { errorKind: 'billing_error' }, 'quota_exceeded'],
    [-32_603, 'Internal error: x', { errorKind: 'oauth_org_not_allowed' }, 'permission_denied'],
    [-32_603, 'Internal error: x', { errorKind: 'server_error' }, 'provider_unavailable'],
    [-32_603, 'Internal error: x', { errorKind: 'overloaded' }, 'provider_overloaded'],
    [-32_603, 'Internal error: x', { errorKind: 'model_not_found' }, 'model_not_found'],
    [-32_603, 'Internal error: API Error: 529 busy', { errorKind: 'server_error' }, 'provider_overloaded'],
    [-32_603, 'Internal error: API Error: 402 pay', { errorKind: 'unknown' }, 'quota_exceeded'],
    [-32_603, 'Internal error: API Error: JSON Parse error: x', undefined, 'provider_unavailable'],
    [-32_603, 'Request too large (max 32MB).', { errorKind: 'invalid_request' }, 'context_window_exceeded'],
    [
      -32_603,
      'Internal error: Prompt is too long',
      { errorKind: 'invalid_request' },
      'context_window_exceeded',
    ],
    [-32_603, 'Internal error', { details: 'something broke' }, 'agent_failed'],
    [-32_603, 'Internal error', 'no object', 'agent_failed'],
    [12_345, 'x', null, 'agent_failed'],
  ];
  it.each(cases)('%i %s %j is %s', (number, message, data, code) => {
    const error = requestError(agent, new RequestError(number, message, data), alive);
    expect(error).toMatchObject({ code, provider: { provider: 'claude-agent-acp' } });
  });

  it('says what the agent said, cut', () => {
    const error = requestError(
      agent,
      new RequestError(-32_603, 'Internal error', { details: 'd'.repeat(9_000) }),
      alive,
    );
    expect(error.message).toContain('ddd');
    expect(error.message.length).toBeLessThan(2_500);
  });

  it('of its process says how it ended', () => {
    const closed = new ConnectionClosed('gone');
    expect(requestError(agent, closed, { ...alive, exit: { exitCode: 0 }, stderr: 'oops' })).toMatchObject({
      code: 'agent_crashed',
      provider: { exitCode: 0, stderr: 'oops' },
    });
    expect(requestError(agent, closed, { ...alive, exit: { signal: 'SIGKILL' } })).toMatchObject({
      code: 'agent_crashed',
      provider: { signal: 'SIGKILL' },
    });
    expect(requestError(agent, closed, alive).code).toBe('agent_protocol_error');
    // We end an agent that we can't read: that end is not its own.
    const broken: ProcessState = {
      exit: { signal: 'SIGKILL' },
      stderr: '',
      broken: new Error('a line without end'),
    };
    expect(requestError(agent, closed, broken)).toMatchObject({
      code: 'agent_protocol_error',
      message: expect.stringContaining('a line without end'),
    });
  });
});

it.each([
  ['end_turn', undefined],
  ['cancelled', undefined],
  ['refusal', 'content_refused'],
  ['max_turn_requests', 'max_turns_reached'],
  ['max_tokens', 'agent_failed'],
  ['novel', 'agent_failed'],
])('the stop reason %s is the error %s', (reason, code) => {
  expect(stopError(agent, reason)?.code).toBe(code);
});

it('of a conversation that is not there is resume_failed, but not the end of the agent or a missing sign-in', () => {
  expect(resumeError('x', 'h', new RequestError(-32_002, 'Resource not found'))).toMatchObject({
    code: 'resume_failed',
  });
  expect(resumeError('x', 'h', undefined)).toMatchObject({ code: 'resume_failed' });
  for (const other of [new ConnectionClosed('gone'), new RequestError(-32_000, 'sign in')])
    expect(resumeError('x', 'h', other)).toBe(other);
  expect(resumeError('x', 'h', undefined)).toBeInstanceOf(AsmError);
});
