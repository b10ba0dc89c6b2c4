import { expect, test } from 'vitest';
import { codeBlocks } from './code-blocks.ts';
import { sourcePaths } from './source-paths.ts';
import { join } from 'node:path';

test('blocks are found with language, line and text', () => {
  const markdown = ['# Title', '', '```ts', 'const a = 1;', '', 'a;', '```', '```sh', 'npm ci', '```'].join(
    '\n',
  );
  expect(codeBlocks(markdown)).toEqual([
    { info: 'ts', line: 3, text: 'const a = 1;\n\na;', closed: true },
    { info: 'sh', line: 8, text: 'npm ci', closed: true },
  ]);
});

test('a block in a list loses the indentation of its fence, and no more', () => {
  const [block] = codeBlocks('1. First\n\n   ```ts\n   if (a) {\n     b();\n   }\n   ```\n');
  expect(block?.text).toBe('if (a) {\n  b();\n}');
});

test('a fence inside a longer fence is text, and a block without an end is reported', () => {
  const blocks = codeBlocks('````text\n```ts\nx\n```\n````\n```ts no-check\nlet y;');
  expect(blocks).toEqual([
    { info: 'text', line: 1, text: '```ts\nx\n```', closed: true },
    { info: 'ts no-check', line: 6, text: 'let y;', closed: false },
  ]);
});

test('package names lead to sources', () => {
  const root = join(import.meta.dirname, '..');
  const paths = sourcePaths(root);
  expect(paths['agent-session-manager']).toEqual([join(root, 'src', 'index.ts')]);
  expect(paths['agent-session-manager/sqlite']).toEqual([join(root, 'src', 'stores', 'sqlite', 'index.ts')]);
  expect(Object.keys(paths)).not.toContain('agent-session-manager/package.json');
});
