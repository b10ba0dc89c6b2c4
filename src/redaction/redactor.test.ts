import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../domain/json.ts';
import { createRedactor, noRedaction } from './redactor.ts';

describe('json', { timeout: 60_000 }, () => {
  const redactor = createRedactor();

  it('replaces strings at any depth, and keys', () => {
    let value: JsonValue = { note: 'AKIAIOSFODNN7EXAMPLE' };
    for (let depth = 0; depth < 50_000; depth += 1) value = [value];
    const result = redactor.json(value);
    expect(result.count).toBe(1);
    let inner = result.value;
    while (Array.isArray(inner)) inner = inner[0];
    expect(inner).toEqual({ note: '[REDACTED:aws_access_key]' });
    expect(redactor.json({ AKIAIOSFODNN7EXAMPLE: 1, AKIAIOSFODNN7EXAMPL2: 2 }).value).toEqual({
      '[REDACTED:aws_access_key]': 1,
      '[REDACTED:aws_access_key] (2)': 2,
    });
  });

  it('replaces strings under the keys of secrets whole and keeps the structure', () => {
    const value = {
      password: 'a b',
      'X-Api-Key': ['x', 1],
      authorization: 'Custom y',
      secret: true,
      max_tokens: 5,
      token: '',
    };
    expect(redactor.json(value)).toEqual({
      value: {
        password: '[REDACTED:password]',
        'X-Api-Key': ['[REDACTED:api_key]', 1],
        authorization: '[REDACTED:authorization]',
        secret: true,
        max_tokens: 5,
        token: '',
      },
      count: 3,
    });
  });

  it('returns the same reference if nothing changed, also the second time', () => {
    const harmless = { a: [1, 'b', { c: null }] };
    expect(redactor.json(harmless)).toEqual({ value: harmless, count: 0 });
    expect(redactor.json(harmless).value).toBe(harmless);
    const once = redactor.json({ password: 'x', kept: harmless });
    expect(redactor.json(once.value).value).toBe(once.value);
    expect(Object.values(once.value ?? {})).toContain(harmless);
  });

  it('keeps an own __proto__ as data', () => {
    const value: JsonValue = JSON.parse('{"__proto__": {"password": "x"}}');
    expect(JSON.stringify(redactor.json(value).value)).toBe(
      '{"__proto__":{"password":"[REDACTED:password]"}}',
    );
  });
});

describe('options', () => {
  it('add rules, names and a placeholder', () => {
    const redactor = createRedactor({
      rules: [{ form: 'token', category: 'acme', prefixes: ['acme-'], characters: '0-9', minimum: 4 }],
      secretKeys: ['pin'],
      placeholder: (category) => `<${category}>`,
    });
    expect(redactor.text('acme-12345 acme-123 "pin": "1", spin: "1", password=x1').text).toBe(
      '<acme> acme-123 "pin": "<secret>", spin: "1", password=<password>',
    );
    expect(redactor.json({ pin: '1', spin: '1' }).value).toEqual({ pin: '<secret>', spin: '1' });
  });

  it('replace the default rules', () => {
    const redactor = createRedactor({ replaceDefaultRules: true, rules: [] });
    expect(redactor.json({ password: 'AKIAIOSFODNN7EXAMPLE' }).count).toBe(0);
  });

  it.each([
    { prefixes: ['x'], characters: 'a', minimum: 1 },
    { prefixes: ['xy'], characters: 'é', minimum: 1 },
    { prefixes: ['xy'], characters: 'z-a', minimum: 1 },
    { prefixes: ['xy'], characters: 'a', minimum: 257 },
    { prefixes: ['xy'], characters: 'a', minimum: 1, parts: 2 },
    { prefixes: ['xy'], characters: 'a', minimum: 1, separator: 'a' },
  ])('refuse the rule %j', (rule) => {
    expect(() => createRedactor({ rules: [{ form: 'token', category: 'x', ...rule }] })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});

describe('noRedaction', () => {
  it('lets everything pass', () => {
    const value = { password: 'x' };
    expect(noRedaction.text('password=x1')).toEqual({ text: 'password=x1', count: 0 });
    expect(noRedaction.json(value).value).toBe(value);
    const stream = noRedaction.stream();
    expect(stream.push('password=') + stream.push('x1') + stream.end()).toBe('password=x1');
  });
});
