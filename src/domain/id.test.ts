import { describe, expect, test } from 'vitest';
import { idPrefixes, parseId, timeSortedIds } from './id.ts';

describe('new ids', () => {
  test('carry the prefix of their kind and can be read back', () => {
    for (const kind of ['session', 'run', 'approval', 'artifact'] as const) {
      const id = timeSortedIds(kind);
      expect(id).toMatch(new RegExp(`^${idPrefixes[kind]}_[0-9a-f]{32}$`));
      expect(parseId(kind, id)).toBe(id);
    }
  });
  test('sort in the order in which they were made, and are all different', () => {
    const ids = Array.from({ length: 2000 }, () => timeSortedIds('run'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('reading', () => {
  test('one kind is not another', () => expect(parseId('run', timeSortedIds('session'))).toBeUndefined());
  test.each([
    '',
    'ses_',
    'ses',
    'SES_1',
    'ses_1/..',
    'ses_../../etc',
    'ses_a b',
    'ses_1\n',
    'ses_ü',
    'ses_\u0000',
    `ses_${'a'.repeat(65)}`,
    ' ses_1',
  ])('refuses %j', (text) => expect(parseId('session', text)).toBeUndefined());
  test('takes ids of other sources', () => {
    expect(parseId('session', 'ses_00000001')).toBe('ses_00000001');
    expect(parseId('session', `ses_${'a'.repeat(64)}`)).toBeDefined();
  });
});
