import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announced } from './asm-log.ts';
import type { AsmEnd } from './asm-process.ts';
import { documents, openAsmRoom } from './asm-room.ts';

/** What would clear the screen, write to the clipboard, overwrite the line, or reverse the text. */
const hostile = '\u001B[2J\u001B]52;c;ZXZpbA==\u0007shown\rhidden\u009B31m\u202Egpj.exe\u007F';
/** Everything that a terminal would obey. */
const obeyed = /[[\p{Cc}--[\n]]\u{202A}-\u{202E}\u{2066}-\u{2069}]/v;

test('nothing that an agent says while it runs reaches the terminal as a command to it', async () => {
  await using room = await openAsmRoom(() => ({ text: `I found ${hostile}.` }));
  await writeFile(join(room.cwd, 'found'), hostile);
  const ask = `Look at ${hostile}`;
  const printing = ['run', '-p', 'shell', '--shell', 'cat found; cat found >&2; false'];
  const wordLists = [
    ['run', ask],
    ['run', '--json', ask],
    ['run', '-p', 'shell', 'echo', hostile],
    ...['studio', 'compact', 'verbose'].map((how) => [...printing, '-r', how]),
    ['run', '-p', 'shell', '-r', 'none', 'cat', 'found'],
  ];
  for (const words of wordLists) expectHarmless(await room.asm(words));
});

test('nothing of it does so when it is read later', async () => {
  await using room = await openAsmRoom(() => ({ text: `I found ${hostile}.` }));
  const { run, session } = announced((await room.asm(['run', `Look at ${hostile}`])).errors);
  const wordLists = [
    ['sessions'],
    ['sessions', '--json'],
    ['show', session],
    ['show', run],
    ['show', run, '--json'],
    ['events', run],
    ['events', run, '-r', 'studio'],
    ['events', run, '-r', 'compact'],
    ['events', run, '--json'],
  ];
  for (const words of wordLists) expectHarmless(await room.asm(words));
});

test('nothing of it does so in what is said about wrong words', async () => {
  await using room = await openAsmRoom();
  await room.asm(['run', '-p', 'shell', 'true']);
  const wordLists = [
    ['show', `ses_${hostile}`],
    ['show', `ses_${hostile}`, '--json'],
    [hostile],
    ['sessions', '--status', hostile],
    ['sessions', '--store', join(room.cwd, hostile)],
    ['run', '-p', 'shell', '-C', hostile, 'true'],
  ];
  for (const words of wordLists) expectHarmless(await room.asm(words));
});

function expectHarmless({ output, errors }: AsmEnd): void {
  expect(output + errors).toContain('shown');
  expect(output + errors).not.toMatch(obeyed);
}

test('programs get the very text in JSON', async () => {
  await using room = await openAsmRoom(() => ({ text: hostile }));
  const lines = documents((await room.asm(['run', '--json', 'Look'])).output);
  expect(lines.at(-1)).toMatchObject({ type: 'result', output: hostile });
  const shown = documents((await room.asm(['show', String(lines.at(-1)?.['runId']), '--json'])).output);
  expect(shown).toMatchObject([{ output: hostile }]);
});

test('a pipe gets no colours, also where the environment of a build machine would have them', async () => {
  await using room = await openAsmRoom();
  const environment = { CI: 'true', TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const run = await room.asm(['run', '-p', 'shell', 'false'], { environment });
  const { session } = announced(run.errors);
  const others = [['sessions'], ['show', session], ['events', session], ['doctor'], ['show', 'ses_none']];
  const texts = [run.output + run.errors];
  for (const words of others) {
    const { output, errors } = await room.asm(words, { environment });
    texts.push(output + errors);
  }
  for (const text of texts) expect(text).not.toContain('\u001B');
});
