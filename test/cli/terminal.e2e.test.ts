import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { displayWidth } from '../../src/rendering/display-width.ts';
import { bash } from '../claude/agent-room.ts';
import { announced, events, expectEndedOnce } from './asm-log.ts';
import { openAsmRoom } from './asm-room.ts';
import { ranEarlier } from './earlier-run.ts';
import { scriptProgram, startInTerminal } from './terminal.ts';

const escape = '\u001B';
const colour = new RegExp(`${escape}\\[[\\d;]*m`, 'g');
beforeEach(({ skip }) => {
  skip(scriptProgram === undefined, 'There is no program "script", which gives a terminal.');
});

test('asks about each tool call: a yes runs it, a reason is told to the agent, the end of the input is a no', async () => {
  await using room = await openAsmRoom([
    { tools: [bash('touch made')] },
    { tools: [bash('touch other')] },
    { tools: [bash('touch third')] },
    { text: 'Done.' },
  ]);
  const run = startInTerminal(room, ['run', 'Make a file']);
  await run.says('allow? [y/N, or a reason to refuse]');
  expect(run.output()).toMatch(/Bash: touch made\r?\n/);
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
  run.type('y\n');
  await run.says(/Bash: touch other\r?\n[^]*allow\?/);
  expect(existsSync(join(room.cwd, 'made'))).toBe(true);
  run.type('use the other folder\n');
  await run.says(/Bash: touch third\r?\n[^]*allow\?/);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('use the other folder');
  run.type('\u0004');
  const { code, output } = await run.ended;
  expect(code).toBe(0);
  expect(output).toContain('The person at the terminal said no.');
  for (const name of ['other', 'third']) expect(existsSync(join(room.cwd, name))).toBe(false);
  const log = await events(room, announced(output).session);
  const decided = log.filter((event) => event.type === 'tool_call_decided');
  expect(decided).toMatchObject(
    ['allow', 'deny', 'deny'].map((decision) => ({ data: { decision, by: 'caller' } })),
  );
});

test('Ctrl-C at a question interrupts the run as anywhere else', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default', 'touch made'];
  const run = startInTerminal(room, words);
  await run.says('allow?');
  run.type('\u0003');
  const { code, output } = await run.ended;
  expect(code).toBe(0);
  expect(output).toContain('Interrupting; Ctrl-C again cancels.');
  expect(output.replaceAll(colour, '')).toMatch(/^completed \(interrupted\)/m);
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
  await expectEndedOnce(room, announced(output).run, 'run_completed');
});

test('a question shows all of a command, however long, and nothing of it moves the cursor', async () => {
  const hidden = `echo ${'a'.repeat(600)}\necho ${escape}[2K${escape}]0;title\u0007\rls; rm -rf precious`;
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default', '--shell', hidden];
  const run = startInTerminal(room, words);
  await run.says('allow?');
  const asked = run.output();
  expect(asked).toContain('rm -rf precious');
  expect(asked).toContain('␛[2K␛]0;title␇␍ls');
  run.type('n\n');
  expect(await run.ended).toMatchObject({ code: 1 });
});

test('NO_COLOR takes the colours away, and a dumb terminal gets plain text', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', 'echo', 'hello'];
  const coloured = await startInTerminal(room, words).ended;
  expect(coloured.output).toMatch(colour);
  const plain = await startInTerminal(room, words, { environment: { NO_COLOR: '1' } }).ended;
  expect(plain.output).not.toMatch(colour);
  const dumb = await startInTerminal(room, words, { environment: { TERM: 'dumb' } }).ended;
  expect(dumb.output).not.toContain(escape);
  for (const { code, output } of [coloured, plain, dumb]) {
    expect(code).toBe(0);
    expect(output).toContain('hello');
  }
});

test('what is listed fits a terminal of 80 and of 40 columns, with whole ids', async () => {
  await using room = await openAsmRoom();
  const title = '漢字のとても長いタイトルです 👩‍💻 and more of it, far beyond the edge of the terminal';
  const { session, run } = await ranEarlier(room, `echo '${title}'`);
  const commands = [
    { words: ['sessions'], id: session },
    { words: ['show', session], id: run },
  ];
  for (const columns of [80, 40]) {
    for (const { words, id } of commands) {
      const { code, output } = await startInTerminal(room, words, { columns }).ended;
      expect(code).toBe(0);
      expect(output).toContain(id);
      const lines = output.replaceAll(colour, '').split(/\r?\n/);
      // What is said once, such as the folder, may go over the edge; rows of a table don't.
      const table = lines.slice(lines.findIndex((line) => /^(SESSION|RUN|ses_|run_)/.test(line)));
      expect(table.length).toBeGreaterThan(1);
      for (const line of table) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  }
});
