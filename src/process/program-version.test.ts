import { expect, it } from 'vitest';
import { askVersion } from './program-version.ts';

const form = /^tool (\d+\.\d+\.\d+)/;

function ask(script: string, signal?: AbortSignal): Promise<string | undefined> {
  const environment = { PATH: process.env['PATH'] ?? '' };
  return askVersion({ command: '/bin/sh', arguments: ['-c', script], environment }, form, signal);
}

it.each([
  ['says it', "printf '\n tool 1.2.3 (stable)\n'", '1.2.3'],
  ['says it after a pause', "printf 'tool 1.'; sleep 0.2; echo 2.3", '1.2.3'],
  ['says something else', 'echo 1.2.3', undefined],
  ['says it to the wrong stream', 'echo tool 1.2.3 >&2', undefined],
  ['floods', 'exec yes 1.2.3', undefined],
])('a program that %s', async (_what, script, version) => {
  expect(await ask(script)).toBe(version);
});

it('a program that is not there', async () => {
  const environment = { PATH: '' };
  const program = { command: '/nowhere/tool', arguments: [], environment };
  expect(await askVersion(program, form, undefined)).toBeUndefined();
});

it.each(['before', 'while'])(
  'a program for whose answer nobody waits any more, %s it is asked',
  async (when) => {
    const stop = new AbortController();
    if (when === 'before') stop.abort();
    else setTimeout(() => stop.abort(), 50);
    expect(await ask("trap '' TERM; while :; do sleep 1; done", stop.signal)).toBeUndefined();
  },
);
