import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announced } from './asm-log.ts';
import type { AsmEnd } from './asm-process.ts';
import { documents, openAsmRoom, type AsmRoom } from './asm-room.ts';

/** What would clear the screen, write to the clipboard, overwrite the line, or reverse the text. */
const hostile = '\u001B[2J\u001B]52;c;ZXZpbA==\u0007shown\rhidden\u009B31m\u202Egpj.exe\u007F';
/** Everything that a terminal would obey. */
const obeyed = /[[\p{Cc}--[\n]]\u{202A}-\u{202E}\u{2066}-\u{2069}]/v;

/** One home, with one session of an agent that says what is hostile. */
let room: AsmRoom;
let shown: AsmEnd;

beforeAll(async () => {
  room = await openAsmRoom(() => ({ text: hostile }));
  await writeFile(join(room.cwd, 'found'), hostile);
  shown = await room.asm(['run', `Look at ${hostile}`]);
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

test('nothing that an agent says while it runs reaches the terminal as a command to it', async () => {
  expectHarmless(shown);
  const printing = ['run', '-p', 'shell', '--shell', 'cat found; cat found >&2; false'];
  const ends = await room.each([
    ['run', '-p', 'shell', 'echo', hostile],
    ...['studio', 'compact', 'verbose'].map((how) => [...printing, '-r', how]),
    ['run', '-p', 'shell', '-r', 'none', 'cat', 'found'],
  ]);
  for (const end of ends) expectHarmless(end);
});

test('nothing of it does so when it is read later', async () => {
  const { run, session } = announced(shown.errors);
  const ends = await room.each([
    ['sessions'],
    ['sessions', '--json'],
    ['show', session],
    ['show', run],
    ['show', run, '--json'],
    ['events', run],
    ['events', run, '-r', 'studio'],
    ['events', run, '-r', 'compact'],
    ['events', run, '--json'],
  ]);
  for (const end of ends) expectHarmless(end);
});

test('nothing of it does so in what is said about wrong words', async () => {
  const ends = await room.each([
    ['show', `ses_${hostile}`],
    ['show', `ses_${hostile}`, '--json'],
    [hostile],
    ['sessions', '--status', hostile],
    ['sessions', '--store', join(room.cwd, hostile)],
    ['run', '-p', 'shell', '-C', hostile, 'true'],
  ]);
  for (const end of ends) expectHarmless(end);
});

function expectHarmless({ output, errors }: AsmEnd): void {
  expect(output + errors).toContain('shown');
  expect(output + errors).not.toMatch(obeyed);
}

test('programs get the very text in JSON', async () => {
  const { run } = announced(shown.errors);
  expect(documents(await room.asm(['show', run, '--json']))).toMatchObject([{ output: hostile }]);
});

test('a pipe gets no colours, also where the environment of a build machine would have them', async () => {
  const environment = { CI: 'true', TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const { session } = announced(shown.errors);
  const commands = [
    ['run', '-p', 'shell', 'false'],
    ['sessions'],
    ['show', session],
    ['events', session],
    ['show', 'ses_none'],
  ];
  for (const { output, errors } of await room.each(commands, { environment })) {
    expect(output + errors).not.toBe('');
    expect(output + errors).not.toContain('\u001B');
  }
});
