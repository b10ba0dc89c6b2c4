import { expect, test } from 'vitest';
import { outputText } from './output-text.ts';

test('what a command wrote is shown as that text', () => {
  expect(outputText({ stdout: 'one\n', stderr: 'two\n' })).toBe('one\ntwo\n');
  expect(outputText({ stdout: 'one', stderr: 'two' })).toBe('one\ntwo');
  expect(outputText({ stdout: '', stderr: 'two' })).toBe('two');
  expect(outputText({ stdout: '', stderr: '' })).toBe('');
});

test('anything else is shown as JSON, and text as it is', () => {
  expect(outputText('as it is')).toBe('as it is');
  expect(outputText(undefined)).toBe('');
  expect(outputText({ stdout: 'one', stderr: 'two', interrupted: true })).toBe(
    '{"stdout":"one","stderr":"two","interrupted":true}',
  );
  expect(outputText({ stdout: 1, stderr: 'two' })).toBe('{"stdout":1,"stderr":"two"}');
});
