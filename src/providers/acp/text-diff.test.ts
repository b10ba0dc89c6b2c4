import { expect, it } from 'vitest';
import { textDiff } from './text-diff.ts';

it('shows the lines that differ, with three around them', () => {
  const lines = 'a\nb\nc\nd\ne\nf\ng\nh\n';
  expect(textDiff('f', lines, lines.replace('e', 'E'))).toBe(
    '--- f\n+++ f\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n',
  );
});

it('counts from where the part that is shown begins in its file', () => {
  expect(textDiff('f', 'x\ny', 'x\nz', 41)).toBe('--- f\n+++ f\n@@ -41,2 +41,2 @@\n x\n-y\n+z\n');
});

it('shows new and emptied files', () => {
  expect(textDiff('f', undefined, 'a\nb\n')).toBe('--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n');
  expect(textDiff('f', 'a\n', '')).toBe('--- f\n+++ f\n@@ -1,1 +0,0 @@\n-a\n');
});

it('is nothing where nothing differs, and bounded where all does', () => {
  expect(textDiff('f', 'a', 'a')).toBeUndefined();
  expect(textDiff('f', undefined, 'line\n'.repeat(200_000))?.length).toBe(256 * 1024);
});
