import { expect, test } from 'vitest';
import { commandText } from './command-text.ts';

test.each([
  ["/bin/bash -lc 'touch x'", 'touch x'],
  ['/bin/bash -lc ls', 'ls'],
  [`/bin/zsh -lc "echo 'a b'"`, "echo 'a b'"],
  [`bash -c "echo \\"\\$HOME\\""`, 'echo "$HOME"'],
  [`/bin/bash -lc 'it'"'"'s'`, "it's"],
  [`/bin/bash -lc 'two\nlines'`, 'two\nlines'],
])('%s runs %s', (line, command) => {
  expect(commandText(line)).toBe(command);
});

test.each([
  'touch x',
  '/bin/bash -lc',
  "/bin/bash -lc 'a' 'b'",
  '/bin/bash -lc "$(date)"',
  "/bin/bash -lc 'a'; rm -rf .",
  "/bin/bash -x -lc 'a'",
  '/bin/bash -lc a b',
])('%s is left as it is', (line) => {
  expect(commandText(line)).toBe(line);
});
