import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { launcher, documents, openAsmRoom, type AsmRoom } from './asm-room.ts';

const commands = [
  'run',
  'sessions',
  'show',
  'events',
  'complete',
  'cancel',
  'approvals',
  'queue',
  'budgets',
  'approve',
  'deny',
  'revoke',
  'resume',
  'doctor',
];

test('help tells of all commands, and that of each has examples', async () => {
  await using room = await openAsmRoom();
  const { code, output, errors } = await room.asm(['--help'], { script: launcher });
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  for (const command of commands) expect(output).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  expect(output).toContain('Exit codes: 0 done');
  expect(await room.asm([])).toEqual({ code: 0, signal: null, output, errors: '' });
  const asked = await room.each(commands.map((command) => [command, '--help']));
  const named = await room.each(commands.map((command) => ['help', command]));
  for (const [index, command] of commands.entries()) {
    const help = asked[index];
    expect(help).toMatchObject({ code: 0, errors: '' });
    expect(help?.output).toMatch(
      new RegExp(`^Usage: asm ${command} [^]*^Examples:\n {2}\\$ .*asm ${command}`, 'm'),
    );
    expect(named[index]?.output).toBe(help?.output);
  }
  const facts = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(await room.asm(['--version'])).toMatchObject({ code: 0, output: `${facts.version}\n` });
});

test('a wrong command or option is answered with the nearest', async () => {
  await using room = await openAsmRoom();
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['rnu'], 'run'],
    [['sesions', '--help'], 'sessions'],
    [['help', 'evnts'], 'events'],
    [['queue', 'promot', 'run_none'], 'promote'],
    [['run', '--provder', 'shell', 'ls'], '--provider'],
    [['sessions', '--limt', '3'], '--limit'],
    [['events', 'ses_none', '--folow'], '--follow'],
  ];
  const ends = await room.each(wrong.map(([words]) => words));
  for (const [index, [words, nearest]] of wrong.entries()) {
    expect({ words, ...ends[index] }).toMatchObject({ words, code: 2, output: '' });
    expect(ends[index]?.errors).toContain(`(Did you mean ${nearest}?)`);
    expect(ends[index]?.errors).toMatch(/--help shows what there is\)\n$/);
  }
  const lacking = ['show', 'events', 'complete', 'cancel', 'approve', 'deny', 'revoke', 'resume'];
  const twice = ['queue', 'promote', 'run_one', 'run_two'];
  const others = await room.each([...lacking.map((command) => [command]), twice]);
  for (const { code, errors } of others.slice(0, lacking.length)) {
    expect(code).toBe(2);
    expect(errors).toContain("missing required argument 'id'");
  }
  expect(others.at(-1)?.code).toBe(2);
  expect(others.at(-1)?.errors).toMatch(/^error: too many arguments .*\n\(asm queue promote --help shows/);
});

test('with --json wrong use is one line of JSON, too', async () => {
  await using room = await openAsmRoom();
  const ends = await room.each([
    ['sesions', '--json'],
    ['sessions', '--json', '--limit', 'x'],
    ['show', '--json'],
    ['queue', 'promot', '--json'],
    ['queue', 'promote', '--json'],
  ]);
  for (const { code, output, errors } of ends) {
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(documents(errors)).toMatchObject([{ type: 'error', error: { code: 'invalid_input' } }]);
  }
});

test('help loads neither zod nor a store nor an agent', async () => {
  await using room = await openAsmRoom();
  const heavy = /zod|stores\/sqlite|claude-agent-sdk|\/providers\/|\/manager\/|node:sqlite/;
  for (const words of [['--help'], ['run', '--help'], ['rnu'], ['--version']]) {
    const loaded = await modules(room, words);
    expect(loaded).toContainEqual(expect.stringMatching(/command-line\.ts$/));
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  }
  // That is what this would look like.
  expect((await modules(room, ['sessions'])).filter((url) => heavy.test(url))).not.toEqual([]);
});

test('a run loads its own provider and renderer, and no other', async () => {
  await using room = await openAsmRoom();
  const loaded = await modules(room, ['run', '-p', 'shell', 'true']);
  expect(loaded).toContainEqual(expect.stringMatching(/\/providers\/shell\/provider\.ts$/));
  expect(loaded).toContainEqual(expect.stringMatching(/\/studio-renderer\.ts$/));
  const others = /\/providers\/\w+\/provider|claude-agent-sdk|\/\w+-renderer\.ts/;
  const own = /\/shell\/provider\.ts$|\/studio-renderer\.ts$|\/event-renderer\.ts$/;
  expect(loaded.filter((url) => others.test(url) && !own.test(url))).toEqual([]);
});

/** The addresses of all modules that a command loads. */
async function modules(room: AsmRoom, words: readonly string[]): Promise<readonly string[]> {
  const file = join(room.home, 'modules');
  const hook = join(room.home, 'hook.mjs');
  await writeFile(file, '');
  await writeFile(
    hook,
    `import { appendFileSync } from 'node:fs';
     import { registerHooks } from 'node:module';
     registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(file)}, url + '\\n'); return next(url, context); } });`,
  );
  await room.asm(words, { environment: { NODE_OPTIONS: `--import ${hook}` } });
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}
