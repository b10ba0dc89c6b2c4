import { describe, expect, it } from 'vitest';
import { turnError } from './errors.ts';

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
