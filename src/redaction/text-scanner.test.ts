import { describe, expect, it } from 'vitest';
import { defaultRedactionRules } from './default-rules.ts';
import { createRedactor } from './redactor.ts';
import { RuleSet } from './rule-set.ts';
import { TextScanner } from './text-scanner.ts';

const rules = new RuleSet(defaultRedactionRules, (category) => `[REDACTED:${category}]`);

function visits(text: string, piece: number): number {
  const scanner = new TextScanner(rules);
  for (let index = 0; index < text.length; index += piece) scanner.push(text.slice(index, index + piece));
  scanner.end();
  return scanner.visits;
}

const hostile: readonly string[] = [
  ...[
    'eyJ',
    'eyJ-',
    '-eyJaaaaaaaa.',
    'sk-',
    'sk-ant-',
    '"',
    "'",
    '\\',
    '\\"',
    'password=',
    'password="',
    'password=a(',
    'token=',
    'token=a',
  ],
  ...[
    '=',
    ':',
    '://',
    '://a:',
    '@',
    '-----',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----a:',
  ],
  ...['password: ', 'bearer ', 'SG.', 'SG.aaaaaaaaaaaaaaaaaaaaaaaa', 'a', ' ', 'password', 'ghs_', '.'],
];

// The work is bounded, not the machine: it may be a busy one.
const timeout = 120_000;

describe('work on hostile text', { timeout }, () => {
  it.each(hostile)('grows with the length only: %j again and again', (unit) => {
    const small = unit.repeat(Math.ceil(8_192 / unit.length));
    const large = unit.repeat(Math.ceil(65_536 / unit.length));
    expect(visits(large, 4_096) / visits(small, 4_096)).toBeLessThan(10);
    expect(visits(large, 4_096) / large.length).toBeLessThan(200);
    expect(visits(small, 1) / small.length).toBeLessThan(200);
  });
});

describe('limits', { timeout }, () => {
  it('takes a candidate over 8 kB for a secret and swallows it to its end', () => {
    const text = `a eyJ${'x'.repeat(20_000)} b`;
    const stream = createRedactor().stream();
    let longest = 0;
    let output = '';
    let given = 0;
    for (const [index, unit] of [...text].entries()) {
      output += stream.push(unit);
      given = stream.holding ? given : index + 1;
      longest = Math.max(longest, index + 1 - given);
    }
    output += stream.end();
    expect(output).toBe('a [REDACTED:jwt] b');
    expect(createRedactor().text(text).text).toBe(output);
    expect(longest).toBeLessThanOrEqual(8_192);
  });

  it('holds nothing of a private key of 100 kB once it is known for one', () => {
    const stream = createRedactor().stream();
    expect(stream.push(`-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(25_000)}`)).toBe(
      '[REDACTED:private_key]',
    );
    expect(stream.holding).toBe(false);
    expect(stream.push('\n-----END PRIVATE KEY-----') + stream.push(' after') + stream.end()).toBe(' after');
    expect(stream.count).toBe(1);
  });

  it('gives 10 MB of harmless text back as it is', () => {
    const text = 'const total = items.map((item) => item.size); // and so on\n'.repeat(180_000);
    expect(createRedactor().text(text).text).toBe(text);
  });

  it('holds only what can become a secret', () => {
    const stream = createRedactor().stream();
    expect(stream.push('see sk-a')).toBe('see ');
    expect(stream.holding).toBe(true);
    expect(stream.push('dd')).toBe('');
    expect(stream.push('! it')).toBe('sk-add! it');
    expect(stream.holding).toBe(false);
  });
});
