import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ModelScript } from '../../src/testing/index.ts';

const execute = promisify(execFile);

const broken = `export function median(numbers) {
  const sorted = [...numbers].sort();
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
`;

const test = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from './median.js';

test('the median of numbers with different lengths', () => {
  assert.equal(median([10, 9, 1]), 9);
});
`;

/** Makes a git repository with a bug and a test that shows it. */
export async function makeRepository(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'package.json'),
    `${JSON.stringify({ name: 'demo', type: 'module', scripts: { test: 'node --test' } })}\n`,
  );
  await writeFile(join(folder, 'median.js'), broken);
  await writeFile(join(folder, 'median.test.js'), test);
  for (const words of [
    ['init', '--quiet'],
    ['add', '.'],
    ['-c', 'user.name=demo', '-c', 'user.email=demo@localhost', 'commit', '--quiet', '-m', 'A median'],
  ]) {
    await execute('git', words, { cwd: folder });
  }
}

/** What changed in the repository, as git tells it. */
export async function repositoryDiff(folder: string): Promise<string> {
  return (await execute('git', ['diff'], { cwd: folder })).stdout;
}

/** True when the repository's own test passes. */
export async function testPasses(folder: string): Promise<boolean> {
  return await execute('node', ['--test'], {
    cwd: folder,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  }).then(
    () => true,
    () => false,
  );
}

/** What a model does about it, for machines without a sign-in. The agent really runs all of it. */
export function demoScript(folder: string): ModelScript {
  const file = join(folder, 'median.js');
  return [
    {
      thinking: 'First I look at how the test fails.',
      text: 'Let me see the failing test.',
      tools: [{ name: 'Bash', input: { command: 'node --test', description: 'Run the tests' } }],
      usage: { input: 3200, output: 60 },
    },
    {
      tools: [{ name: 'Read', input: { file_path: file } }],
      usage: { input: 400, output: 40, cacheRead: 3200 },
    },
    {
      text: 'sort() without a comparison sorts numbers as text: 10 comes before 9.',
      tools: [
        {
          name: 'Edit',
          input: { file_path: file, old_string: '.sort()', new_string: '.sort((a, b) => a - b)' },
        },
      ],
      usage: { input: 300, output: 90, cacheRead: 3600 },
    },
    {
      tools: [{ name: 'Bash', input: { command: 'node --test', description: 'Run the tests again' } }],
      usage: { input: 200, output: 40, cacheRead: 3900 },
    },
    {
      text: 'Fixed: the numbers are now compared as numbers, and the test passes.',
      usage: { input: 300, output: 50, cacheRead: 4100 },
      chunks: 8,
    },
  ];
}
