import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const names = ['maxTurns', 'model', 'permissionMode', 'systemPrompt'];

test.each([
  ['max_turns', 'maxTurns'],
  ['MAX-TURNS', 'maxTurns'],
  ['modle', 'model'],
  ['permisionMode', 'permissionMode'],
  ['systemPromt', 'systemPrompt'],
])('%s was meant to be %s', (written, name) => expect(nearestName(written, names)).toBe(name));

test.each([
  ['nothing', ''],
  ['another word', 'zzzzzzzz'],
  ['a very long text', 'z'.repeat(100_000)],
  ['control characters', '\u0000'.repeat(1000)],
  ['emoji', '😀😀😀😀😀'],
])('%s is like none', (_name, written) => {
  expect(nearestName(written, names)).toBeUndefined();
});

test('of names that are as near the first is given, and of none none', () => {
  expect(nearestName('cat', ['bat', 'rat'])).toBe('bat');
  expect(nearestName('cat', [])).toBeUndefined();
});
