import { describe, expect, test } from 'vitest';
import { abortError, asAsmError, AsmError, errorFromRecord, isAsmError } from './error.ts';
import { errorCategories, errorCodes, isErrorCode, recoveries } from './error-code.ts';

describe('records', () => {
  const error = new AsmError('rate_limited', 'Wait a minute.', {
    details: { limit: 5 },
    provider: { provider: 'claude', kind: 'rate_limit', status: 429, retryAt: 60_000 },
    cause: new Error('secret cause'),
  });
  test('carry everything but the cause, through JSON and back', () => {
    const record = JSON.parse(JSON.stringify(error));
    expect(record).toEqual({
      code: 'rate_limited',
      message: 'Wait a minute.',
      retryable: true,
      recovery: 'wait_and_retry',
      details: { limit: 5 },
      provider: { provider: 'claude', kind: 'rate_limit', status: 429, retryAt: 60_000 },
    });
    const again = errorFromRecord(record);
    expect(again).toBeInstanceOf(AsmError);
    expect(again.toJSON()).toEqual(error.toJSON());
    expect(again.category).toBe('provider');
  });
  test('leave out what there is not', () => {
    expect(Object.keys(new AsmError('cancelled', 'x').toJSON())).toEqual([
      'code',
      'message',
      'retryable',
      'recovery',
    ]);
  });
});

describe('recognising', () => {
  test('an error of another copy of the package', () => {
    const copy = Object.assign(new Error('x'), { [Symbol.for('agent-session-manager.error')]: true });
    expect(copy).not.toBeInstanceOf(AsmError);
    expect(isAsmError(copy)).toBe(true);
  });
  test.each([undefined, null, 'x', {}, new Error('x'), { code: 'cancelled', message: 'x' }])(
    'not %o',
    (value) => {
      expect(isAsmError(value)).toBe(false);
    },
  );
});

describe('anything thrown', () => {
  test('ours stays itself', () => {
    const error = new AsmError('timed_out', 'x');
    expect(asAsmError(error)).toBe(error);
  });
  test.each([
    [new Error('boom'), 'boom'],
    ['text', 'text'],
    [undefined, 'null'],
    [{ a: 1 }, '{"a":1}'],
    [5n, '[bigint]'],
  ])('%o becomes an internal error', (thrown, message) => {
    const error = asAsmError(thrown);
    expect(error.code).toBe('internal_error');
    expect(error.message).toContain(message);
    expect(error.cause).toBe(thrown);
  });
  test('an abort keeps a reason of ours, and becomes cancelled with another', () => {
    const reason = new AsmError('timed_out', 'late');
    expect(abortError(AbortSignal.abort(reason))).toBe(reason);
    const other = abortError(AbortSignal.abort('why'));
    expect([other.code, other.cause]).toEqual(['cancelled', 'why']);
  });
});

describe('codes', () => {
  test('the list is closed: a new code is a decision', () => {
    expect(Object.keys(errorCodes)).toEqual(
      [
        'invalid_input unknown_option invalid_cursor invalid_transition invalid_operation conflict',
        'idempotency_key_reused max_queued_runs_exceeded max_runs_exceeded max_sessions_exceeded',
        'approval_expired budget_exceeded lease_lost run_already_executing store_not_found session_not_found run_not_found',
        'approval_not_found provider_not_found already_exists capability_not_supported',
        'missing_required_capability no_provider_available dependency_not_available agent_not_installed',
        'authentication_failed permission_denied rate_limited quota_exceeded provider_overloaded',
        'provider_unavailable model_not_found model_unpriced context_window_exceeded content_refused',
        'invalid_request max_turns_reached agent_crashed agent_protocol_error agent_failed resume_failed',
        'idle_timeout run_stalled loop_detected storage_unavailable storage_busy storage_full storage_invalid',
        'storage_read_only storage_newer_schema store_closed command_failed command_not_found command_denied',
        'policy_violation timed_out cancelled run_abandoned internal_error',
      ].flatMap((line) => line.split(' ')),
    );
  });
  test.each(Object.entries(errorCodes))(
    '%s is described',
    (code, { category, recovery, retryable, meaning }) => {
      expect(isErrorCode(code)).toBe(true);
      expect(errorCategories).toContain(category);
      expect(recoveries).toContain(recovery);
      expect(retryable).toBe(['retry', 'wait_and_retry', 'failover'].includes(recovery));
      expect(meaning).toMatch(/^[A-Z].{10,}\.$/);
    },
  );
  test.each(['', 'toString', '__proto__', 'constructor', 'Cancelled'])('%j is no code', (text) => {
    expect(isErrorCode(text)).toBe(false);
  });
});
