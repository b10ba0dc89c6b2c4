import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bash } from '../claude/agent-room.ts';
import { announced, events } from './asm-log.ts';
import { asmSource, documents, launcher, openAsmRoom } from './asm-room.ts';

test('streams what the agent says and does, and sums up beside it', async () => {
  await using room = await openAsmRoom([
    { text: 'I will make a file.', tools: [bash('echo made > made.txt')] },
    { text: 'The file is made.' },
  ]);
  const run = room.start(['run', '--permission-mode', 'full_auto', 'Make', 'a file'], { script: launcher });
  const { code, output, errors } = await run.ended;
  expect(code).toBe(0);
  expect(await readFile(join(room.cwd, 'made.txt'), 'utf8')).toBe('made\n');
  expect(output).toMatch(/Make a file[^]*I will make a file\.[^]*echo made[^]*The file is made\./);
  const { session } = announced(errors);
  expect(errors).toMatch(/^completed · .* tokens · \$[\d.]+$/m);
  expect(errors).toContain(`go on: asm run --session ${session} "…"\nlook:  asm show ${session}\n`);
  expect(output + errors).not.toContain('\u001B');
});

test('shows text while the model still speaks', async () => {
  await using room = await openAsmRoom([{ text: 'The first half of a thought', hang: true }]);
  const run = room.start(['run', 'Think']);
  await run.says('The first half of a thought');
  run.signal('SIGTERM');
  expect(await run.ended).toMatchObject({ code: 130 });
});

test('--json writes events and the result as JSON, one a line, and nothing else', async () => {
  await using room = await openAsmRoom([{ tools: [bash('touch made')] }, { text: 'Two\nlines' }]);
  const { code, output, errors } = await room.asm(['run', '--json', '--allow', 'bash(touch)', 'Make a file']);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const lines = documents(output);
  expect(lines.map((line) => line['type'])).toEqual(
    expect.arrayContaining(['run_started', 'agent_started', 'tool_call_decided', 'message_streamed']),
  );
  expect(lines.at(-2)).toMatchObject({ type: 'run_completed' });
  expect(lines.at(-1)).toMatchObject({ type: 'result', status: 'completed', output: 'Two\nlines' });
  expect(existsSync(join(room.cwd, 'made'))).toBe(true);
});

test('--session goes on with the conversation, and --fork branches off from it', async () => {
  await using room = await openAsmRoom([{ text: 'Violet.' }, { text: 'Violet again.' }, { text: 'Green.' }]);
  const first = announced((await room.asm(['run', 'Name a colour'])).errors);
  const second = await room.asm(['run', '--session', first.session, 'And again']);
  expect(second.code).toBe(0);
  expect(announced(second.errors).session).toBe(first.session);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body).includes('Violet.')).toBe(true);
  const third = await room.asm(['run', '--session', first.session, '--fork', 'Another one']);
  expect(third.code).toBe(0);
  const fork = announced(third.errors);
  expect(fork.session).not.toBe(first.session);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body).includes('Violet again.')).toBe(true);
  const log = await events(room, first.session);
  expect(log.filter((event) => event.type === 'run_started')).toHaveLength(2);
});

test('a tool call that needs a permission is refused where nobody can be asked', async () => {
  await using room = await openAsmRoom([{ tools: [bash('touch made')] }, { text: 'It was refused.' }]);
  const { code, output, errors } = await room.asm(['run', 'Make a file']);
  expect(code).toBe(0);
  expect(output).toContain('nobody is there to give it');
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
  const log = await events(room, announced(errors).session);
  const decided = log.find((event) => event.type === 'tool_call_decided');
  expect(decided).toMatchObject({ data: { decision: 'deny', by: 'default' } });
});

test('--deny wins over a mode that allows, and neither swallows the task behind it', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--allow', 'bash(touch)', '--deny', 'bash(rm)', '--deny'];
  const { code, errors } = await room.asm([...words, 'bash(touch)', 'touch made']);
  expect(code).toBe(1);
  expect(errors).toMatch(/^failed \[command_denied\]/m);
  expect(existsSync(join(room.cwd, 'made'))).toBe(false);
});

test('--allow lets a call through that the mode would ask about', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default'];
  expect((await room.asm([...words, 'touch refused'])).code).toBe(1);
  expect((await room.asm([...words, '--allow', 'bash(touch)', 'touch allowed'])).code).toBe(0);
  expect(existsSync(join(room.cwd, 'refused'))).toBe(false);
  expect(existsSync(join(room.cwd, 'allowed'))).toBe(true);
});

test('the task comes from standard input without words, or with "-"', async () => {
  await using room = await openAsmRoom();
  for (const words of [[], ['-']]) {
    const { code, output } = await room.asm(['run', '-p', 'shell', '-r', 'none', ...words], {
      input: 'echo piped\n',
    });
    expect({ code, output }).toEqual({ code: 0, output: 'piped\n' });
  }
});

test('several words are a program and its arguments, as the shell has cut them', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '-r', 'none', 'printf', '[%s]', 'two words', '$HOME;'];
  expect(await room.asm(words)).toMatchObject({ code: 0, output: '[two words][$HOME;]\n' });
});

test('--shell runs a script; without it shell syntax is refused with advice', async () => {
  await using room = await openAsmRoom();
  const script = 'echo one | tr a-z A-Z';
  const words = ['run', '-p', 'shell', '-r', 'none'];
  expect(await room.asm([...words, '--shell', script])).toMatchObject({ code: 0, output: 'ONE\n' });
  const refused = await room.asm([...words, script]);
  expect(refused).toMatchObject({ code: 2, output: '' });
  expect(refused.errors).toContain('add --shell');
  const mixed = await room.asm(['run', '--shell', 'ls']);
  expect(mixed).toMatchObject({ code: 2 });
  expect(mixed.errors).toContain('--shell is for --provider shell');
});

test('a command shows all that it writes, while it writes it, and once', async () => {
  await using room = await openAsmRoom();
  const script = 'echo first; while [ ! -e go ]; do sleep 0.05; done; echo last >&2; false';
  const command = room.start(['run', '-p', 'shell', '--shell', script]);
  await command.says(/^ +┊ first$/m);
  expect((await room.asm(['run', '-p', 'shell', 'touch', 'go'])).code).toBe(0);
  const { code, output } = await command.ended;
  expect(code).toBe(1);
  expect(output.match(/^ +┊ .*$/gm)?.map((line) => line.trim())).toEqual(['┊ first', '┊ last']);
  const done = await room.asm(['run', '-p', 'shell', 'echo', 'only once']);
  expect(done.output.match(/only once$/gm)).toHaveLength(2);
});

test('the folder, the time limit and the model are those that were asked for', async () => {
  await using room = await openAsmRoom([{ text: 'Yes.' }]);
  const there = await room.asm(['run', '-p', 'shell', '-C', '..', '-r', 'none', 'pwd']);
  expect(there.output).toBe(`${room.home}\n`);
  const late = await room.asm(['run', '-p', 'shell', '--timeout', '0.3', 'sleep 600']);
  expect(late.code).toBe(124);
  expect(late.errors).toMatch(/^timed_out \[timed_out\]/m);
  const asked = await room.asm(['run', '-m', 'claude-haiku-4-5', '--system-prompt', 'Speak Latin.', 'Hello']);
  expect(asked.code).toBe(0);
  const request = room.server.mainRequests.at(-1);
  expect(request?.body).toMatchObject({ model: 'claude-haiku-4-5' });
  expect(JSON.stringify(request?.body).includes('Speak Latin.')).toBe(true);
});

test('the exit code tells how a run ended', async () => {
  await using room = await openAsmRoom(() => ({ error: { status: 401, message: 'invalid x-api-key' } }));
  expect((await room.asm(['run', '-p', 'shell', 'true'])).code).toBe(0);
  expect((await room.asm(['run', '-p', 'shell', 'false'])).code).toBe(1);
  expect((await room.asm(['run', '-p', 'nobody', 'true'])).code).toBe(3);
  expect((await room.asm(['run', '--session', 'ses_none', 'Hello'])).code).toBe(3);
  const unsigned = await room.asm(['run', 'Hello']);
  expect(unsigned.code).toBe(5);
  expect(unsigned.errors).toContain('[authentication_failed]');
});

test('what can not be started is said before anything is written', async () => {
  await using room = await openAsmRoom();
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[''], /Say what the agent should do/],
    [['-p', 'shell', '-C', 'nowhere', 'ls'], /nowhere does not exist/],
    [['-p', 'shell', '--deny', 'bash(ls', 'ls'], /is not a rule/],
    [['--permission-mode', 'plna', 'ls'], /Did you mean "plan"\?/],
    [['--timeout', 'soon', 'ls'], /number of seconds above 0/],
    [['--max-turns', '0', 'ls'], /whole number from 1/],
    [['--render', 'fancy', 'ls'], /Allowed choices are studio/],
    [['--fork', 'ls'], /--fork needs the session/],
  ];
  for (const [words, message] of wrong) {
    const { code, output, errors } = await room.asm(['run', ...words]);
    expect({ words, code, output }).toEqual({ words, code: 2, output: '' });
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(room.store)).toBe(false);
});

test('a folder that was removed under the terminal is said, and no fault of asm', async () => {
  await using room = await openAsmRoom();
  const command = [process.execPath, asmSource, 'run', 'hello'].map((word) => `'${word}'`).join(' ');
  const script = `mkdir gone && cd gone && rmdir ../gone && exec ${command}`;
  const gone = await room.start(['-c', script], { program: '/bin/sh' }).ended;
  expect(gone).toMatchObject({ code: 2, output: '' });
  expect(gone.errors).toMatch(/does not exist any more. Change to one that does/);
});

test('a session whose first run can not be started does not wait for ever', async () => {
  await using room = await openAsmRoom();
  await writeFile(join(room.cwd, 'file'), '');
  const { session } = announced((await room.asm(['run', '-p', 'shell', 'true'])).errors);
  expect((await room.asm(['cancel', session])).code).toBe(0);
  const refused = await room.asm(['run', '--session', session, 'true']);
  expect(refused.code).toBe(2);
  expect(refused.errors).toContain('takes no new run');
  const forked = await room.asm(['run', '--session', session, '--fork', '-C', 'file', 'true']);
  expect(forked.code).toBe(2);
  const sessions = documents((await room.asm(['sessions', '--json'])).output);
  expect(sessions.map((row) => row['status'])).toEqual(['cancelled']);
});

test('the advice after a run names the store in which the session is', async () => {
  await using room = await openAsmRoom();
  const store = join(room.home, 'my own.db');
  const { errors } = await room.asm(['run', '-p', 'shell', '--store', store, 'true']);
  const { session, run } = announced(errors);
  expect(errors).toContain(`asm show --store '${store}' ${session}`);
  const { code } = await room.asm(['show', run, '--store', store]);
  expect(code).toBe(0);
  expect(existsSync(room.store)).toBe(false);
});

test('--stall-after ends an agent whose model falls silent, and --stop-loops one that repeats itself', async () => {
  await using room = await openAsmRoom([{ text: 'Let me think.', hang: true }]);
  const stalled = await room.asm(['run', '--stall-after', '0.5', 'Think']);
  expect(stalled.code).toBe(124);
  expect(stalled.errors).toMatch(/^failed \[run_stalled\]/m);
  room.server.setScript(() => ({ tools: [bash('echo same')] }));
  const looping = await room.asm(['run', '--permission-mode', 'full_auto', '--stop-loops', 'Say it']);
  expect(looping.code).toBe(1);
  expect(looping.errors).toMatch(/^failed \[loop_detected\]/m);
});
