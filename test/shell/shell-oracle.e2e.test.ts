import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseShellCommand } from '../../src/domain/shell-command.ts';

/** Pieces from which scripts are made; `bad` is the program that must never run unseen. */
const pieces = [
  'bad',
  'bad',
  'bad',
  'echo',
  'b',
  'ad',
  ' ',
  ' ',
  ' ',
  '\n',
  ';',
  ';',
  '&',
  '&&',
  '|',
  '||',
  '(',
  ')',
  '{ ',
  '; }',
  '$(',
  ')',
  '`',
  '"',
  '"',
  "'",
  "'",
  '\\',
  '\\\n',
  '#',
  ' #',
  "$'",
  '$"',
  '$x',
  '${x}',
  '${x:-',
  '}',
  '$((',
  '))',
  '((',
  '[[ ',
  ' ]]',
  '<<E\n',
  '\nE\n',
  "<<'E'\n",
  '<<-E\n',
  '<<<',
  '<',
  '>o ',
  '>>o ',
  '2>&1 ',
  '>&',
  '<(',
  '>(',
  'x=',
  'x=1 ',
  'a[1]=',
  'a[1 ]=',
  'x=(',
  '=',
  '~',
  '*',
  '?',
  '{',
  ',',
  '}',
  '!',
  ' ! ',
  'if ',
  ' then ',
  ' fi',
  'for x in a; do ',
  'for x do ',
  ' done',
  'while ',
  'case x in ',
  'x) ',
  ';; ',
  ' esac',
  'f() ',
  'function f ',
  ' f',
  'time ',
  'coproc ',
  'env ',
  'eval ',
  'command ',
  'exec ',
  'nice ',
  'xargs ',
  'sh -c ',
  'bash -c ',
  'find . -exec ',
  ' {} \\;',
  '. ',
  'timeout 1 ',
  '-',
  '-c ',
  '--',
] as const;

/** Runs the scripts with one real shell; gives those that ran the program. */
function runsOf(shell: string, scripts: readonly string[]): ReadonlySet<number> {
  const home = mkdtempSync(join(tmpdir(), 'asm-oracle-'));
  try {
    const bin = join(home, 'bin');
    mkdirSync(join(home, 'marks'));
    mkdirSync(join(home, 'work'));
    mkdirSync(bin);
    writeFileSync(join(bin, 'bad'), '#!/bin/sh\n: > "$MARK"\n');
    chmodSync(join(bin, 'bad'), 0o755);
    // Only what can do no harm is within reach.
    for (const name of ['env', 'nice', 'xargs', 'find', 'timeout', 'cat', 'sh', 'bash']) {
      const real = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
      if (real === undefined) continue;
      writeFileSync(join(bin, name), `#!/bin/sh\nexec ${real} "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const names = scripts.map((text, index) => {
      const path = join(home, `script-${index}`);
      writeFileSync(path, text);
      return path;
    });
    // The text is read with a dot behind it, which keeps its last newlines; the shell gets it without.
    const driver =
      `for s in "$@"; do t="$(cat "$s"; printf .)"; MARK="${home}/marks/\${s##*-}" ` +
      `timeout -s KILL 2 ${shell} -c "\${t%.}" >/dev/null 2>&1 </dev/null; done; exit 0`;
    const run = spawnSync('/bin/sh', ['-c', driver, 'driver', ...names], {
      cwd: join(home, 'work'),
      env: { PATH: bin },
      timeout: 55_000,
    });
    expect(run.status).toBe(0);
    return new Set(readdirSync(join(home, 'marks')).map(Number));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test.each(['/bin/bash', '/bin/dash'])('what %s really runs is found, or the text is opaque', (shell) => {
  if (!existsSync(shell)) return expect(existsSync('/bin/sh')).toBe(true);
  const scripts = fc
    .sample(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 9 }), {
      numRuns: 6_000,
      seed: 20_261_123,
    })
    .map((parts) => parts.join(''))
    .filter((text) => text.includes('bad') || text.includes('b'));
  const unseen = scripts.filter((text) => {
    const parsed = parseShellCommand(text);
    return parsed.opaque.length === 0 && !parsed.commands.some((command) => command.program === 'bad');
  });
  // Only these could be a hole, so only these are run; and some that are seen, to know that running works.
  const seen = ['bad', 'echo x; bad', 'echo "$(bad)"'];
  const batch = [...seen, ...unseen.slice(0, 250)];
  const ran = runsOf(shell, batch);
  expect([...ran].filter((index) => index >= seen.length).map((index) => batch[index])).toEqual([]);
  expect(seen.every((_, index) => ran.has(index))).toBe(true);
});
