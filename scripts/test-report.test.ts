import { expect, test } from 'vitest';
import { summarize } from './test-report.ts';

function file(name: string, status: string, statuses: readonly string[]) {
  return {
    name,
    status,
    assertionResults: statuses.map((each, index) => ({ fullName: `test ${index}`, status: each })),
  };
}

test('passed tests are counted over all files', () => {
  const testResults = [file('a', 'passed', ['passed', 'passed']), file('b', 'passed', ['passed'])];
  expect(summarize({ success: true, testResults })).toEqual({ passed: 3, failures: [] });
});

test.each(['failed', 'skipped', 'pending', 'todo', 'disabled'])('a test that %s is a failure', (status) => {
  const testResults = [file('a', 'passed', ['passed', status])];
  expect(summarize({ success: true, testResults })).toEqual({
    passed: 1,
    failures: [`${status}: a: test 1`],
  });
});

test('a file that could not run is a failure', () => {
  const testResults = [file('a', 'passed', ['passed']), file('b', 'failed', [])];
  expect(summarize({ success: false, testResults })).toEqual({ passed: 1, failures: ['failed: b'] });
});

test('an error outside of the tests is a failure', () => {
  const testResults = [file('a', 'passed', ['passed'])];
  expect(summarize({ success: false, testResults }).failures).toHaveLength(1);
});

test('a report without tests is a failure', () => {
  expect(summarize({ success: true, testResults: [] }).failures).toEqual(['no test ran']);
});
