/**
 * `node scripts/test-report.ts <file>`: reads the JSON report of a test run and prints the closing line
 * `N passed, N failed`. A skipped test, a test file that could not run and a report without any test count
 * as failed, and make the exit code 1.
 */
import { readFileSync } from 'node:fs';

interface TestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What a report comes to: how many tests passed, and one line for everything that counts as a failure. */
export function summarize(report: TestReport): { passed: number; failures: string[] } {
  let passed = 0;
  const failures: string[] = [];
  for (const file of report.testResults) {
    const before = failures.length;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else failures.push(`${test.status}: ${file.name}: ${test.fullName}`);
    }
    if (file.status !== 'passed' && failures.length === before) failures.push(`${file.status}: ${file.name}`);
  }
  if (passed === 0 && failures.length === 0) failures.push('no test ran');
  if (!report.success && failures.length === 0) failures.push('the run failed outside of its tests');
  return { passed, failures };
}

if (import.meta.main) {
  const { passed, failures } = summarize(readReport(process.argv[2] ?? ''));
  for (const failure of failures) console.log(failure);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function readReport(file: string): TestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return { success: false, testResults: [] };
  }
}
