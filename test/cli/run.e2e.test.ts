import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brandId } from '../../src/domain/id.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { bash } from '../claude/agent-room.ts';
import { announced, events } from './asm-log.ts';
import type { AsmEnd } from './asm-process.ts';
import { asmSource, documents, launcher, openAsmRoom, type AsmRoom } from './asm-room.ts';
import { ranEarlier } from './earlier-run.ts';

/** One home, with one run of Claude Code in a session that others may go on with. */
let room: AsmRoom;
let first: AsmEnd;

beforeAll(async () => {
  room = await openAsmRoom([
    { text: 'I will make a file.', tools: [bash('touch made.txt')] },
    { tools: [bash('mkdir refused')] },
    { text: 'The file is made.' },
  ]);
  const words = ['run', '--allow', 'bash(touch)', '--system-prompt', 'Speak Latin.', 'Make', 'a file'];
  first = await room.asm(words, { script: launcher });
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
});

test('streams what the agent says and does, and sums up beside it', async () => {
  const { code, output, errors } = first;
  expect(code).toBe(0);
  expect(existsSync(join(room.cwd, 'made.txt'))).toBe(true);
  expect(output).toMatch(/Make a file[^]*I will make a file\.[^]*touch made.txt[^]*The file is made\./);
  const { session } = announced(errors);
  expect(errors).toMatch(/^completed · .* tokens · \$[\d.]+$/m);
  expect(errors).toContain(`go on: asm run --session ${session} "…"\nlook:  asm show ${session}\n`);
  expect(output + errors).not.toContain('\u001B');
  expect(JSON.stringify(room.server.mainRequests[0]?.body)).toContain('Speak Latin.');
  await using store = await sqliteStore(room.store);
  expect(await store.session(brandId('session', session))).toMatchObject({
    ...{ status: 'active', provider: 'claude', title: 'Make a file', cwd: room.cwd },
  });
});

test('a tool call that needs a permission is refused where nobody can be asked', async () => {
  expect(first.output).toContain('nobody is there to give it');
  expect(first.errors).toMatch(
    /^1 tool call was refused, since nobody was there to allow it: .*--approvals/m,
  );
  expect(existsSync(join(room.cwd, 'refused'))).toBe(false);
  const log = await events(room, announced(first.errors).session);
  const decided = log.filter((event) => event.type === 'tool_call_decided');
  expect(decided).toMatchObject([
    { data: { decision: 'allow' } },
    { data: { decision: 'deny', by: 'default' } },
  ]);
});

test('--session goes on with the conversation, and --fork branches off from it', async () => {
  room.server.setScript([{ text: 'Violet.' }, { text: 'Green.' }]);
  const { session } = announced(first.errors);
  const [second, third] = await room.each([
    ['run', '--session', session, '-m', 'claude-haiku-4-5', 'Name a colour'],
    ['run', '--session', session, '--fork', 'Another one'],
  ]);
  expect(second?.code).toBe(0);
  expect(announced(second?.errors ?? '').session).toBe(session);
  const [wentOn, forked] = room.server.mainRequests.slice(-2).map(({ body }) => body);
  expect(JSON.stringify(wentOn)).toContain('The file is made.');
  expect(wentOn).toMatchObject({ model: 'claude-haiku-4-5' });
  expect(third?.code).toBe(0);
  expect(announced(third?.errors ?? '').session).not.toBe(session);
  expect(JSON.stringify(forked)).toContain('Violet.');
  const log = await events(room, session);
  expect(log.filter((event) => event.type === 'run_started')).toHaveLength(2);
});

test('--json writes events and the result as JSON, one a line, and nothing else; no terminal obeys it', async () => {
  const said = 'Two\nlines, and \u001B[2J what clears \u009B2J or \u202E turns the screen';
  await using room = await openAsmRoom([{ tools: [bash('touch made')] }, { text: said }]);
  const words = ['run', '--json', '--permission-mode', 'full_auto', `Say ${said}`];
  const { code, output, errors } = await room.asm(words);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output).not.toMatch(/[^\n\P{Cc}]|[\u202A-\u202E\u2066-\u2069]/u);
  const lines = documents(output);
  expect(lines.map((line) => line['type'])).toEqual(
    expect.arrayContaining(['run_started', 'agent_started', 'tool_call_decided', 'message_streamed']),
  );
  expect(lines.at(-2)).toMatchObject({ type: 'run_completed' });
  expect(lines.at(-1)).toMatchObject({ type: 'result', status: 'completed', output: said });
  expect(existsSync(join(room.cwd, 'made'))).toBe(true);
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
  const [refused, allowed] = await room.each([
    [...words, 'touch refused'],
    [...words, '--allow', 'bash(touch)', 'touch allowed'],
  ]);
  expect(refused?.code).toBe(1);
  expect(allowed?.code).toBe(0);
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

test('several words are a program and its arguments, --shell runs a script, and else shell syntax is refused', async () => {
  await using room = await openAsmRoom();
  const script = 'echo one | tr a-z A-Z';
  const words = ['run', '-p', 'shell', '-r', 'none'];
  const [program, shell, refused, mixed] = await room.each([
    [...words, 'printf', '[%s]', 'two words', '$HOME;'],
    [...words, '--shell', script],
    [...words, script],
    ['run', '--shell', 'ls'],
  ]);
  // As the caller's shell has cut them.
  expect(program).toMatchObject({ code: 0, output: '[two words][$HOME;]\n' });
  expect(shell).toMatchObject({ code: 0, output: 'ONE\n' });
  expect(refused).toMatchObject({ code: 2, output: '' });
  expect(refused?.errors).toContain('add --shell');
  expect(mixed).toMatchObject({ code: 2 });
  expect(mixed?.errors).toContain('--shell is for --provider shell');
});

test('what keeps a run from being is told in the words of the command line', async () => {
  await using room = await openAsmRoom();
  const [missing, observed] = await room.each([
    ['run', '-p', 'goose', '-r', 'none', 'go'],
    ['run', '-p', 'goose', '-r', 'none', '--approvals', 'go'],
  ]);
  expect(missing).toMatchObject({ code: 5, output: '' });
  expect(missing?.errors).toContain('Get Goose: ');
  expect(missing?.errors).not.toContain('option');
  expect(observed).toMatchObject({ code: 5, output: '' });
  expect(observed?.errors).toContain('With --accept-observed the run goes on');
  expect(observed?.errors).not.toContain('acceptObserved');
});

test('a command shows all that it writes, while it writes it, and once', async () => {
  await using room = await openAsmRoom();
  const script = 'echo first; while [ ! -e go ]; do sleep 0.05; done; echo last >&2; false';
  const command = room.start(['run', '-p', 'shell', '--shell', script]);
  await command.says(/^ +┊ first$/m);
  await writeFile(join(room.cwd, 'go'), '');
  const { code, output } = await command.ended;
  expect(code).toBe(1);
  expect(output.match(/^ +┊ .*$/gm)?.map((line) => line.trim())).toEqual(['┊ first', '┊ last']);
  const done = await room.asm(['run', '-p', 'shell', 'echo', 'only once']);
  expect(done.output.match(/only once$/gm)).toHaveLength(2);
});

test('the folder and the time limit are those that were asked for', async () => {
  await using room = await openAsmRoom();
  const [there, late] = await room.each([
    ['run', '-p', 'shell', '-C', '..', '-r', 'none', 'pwd'],
    ['run', '-p', 'shell', '--timeout', '0.3', 'sleep 600'],
  ]);
  expect(there?.output).toBe(`${room.home}\n`);
  expect(late?.code).toBe(124);
  expect(late?.errors).toMatch(/^timed_out \[timed_out\]/m);
});

test('the exit code tells how a run ended', async () => {
  await using room = await openAsmRoom(() => ({ error: { status: 401, message: 'invalid x-api-key' } }));
  const ends = await room.each([
    ['run', '-p', 'shell', 'true'],
    ['run', '-p', 'shell', 'false'],
    ['run', '-p', 'nobody', 'true'],
    ['run', '--session', 'ses_none', 'Hello'],
    ['run', 'Hello'],
  ]);
  expect(ends.map(({ code }) => code)).toEqual([0, 1, 3, 3, 5]);
  expect(ends[2]?.errors).toMatch(/claude, codex, amp, .*shell\. \[provider_not_found\]/);
  expect(ends[2]?.errors).toContain('`asm doctor` lists those that there are.');
  expect(ends.at(-1)?.errors).toContain('[authentication_failed]');
});

test('what can not be started is said before anything is written', async () => {
  await using room = await openAsmRoom();
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[''], /Say what the agent should do/],
    [['-p', 'shell', '-C', 'nowhere', 'ls'], /nowhere" does not exist/],
    [['-p', 'shell', '--deny', 'bash(ls', 'ls'], /is not a rule/],
    [['--permission-mode', 'plna', 'ls'], /Did you mean "plan"\?/],
    [['--timeout', 'soon', 'ls'], /number of seconds above 0/],
    [['--max-turns', '0', 'ls'], /whole number from 1/],
    [['--render', 'fancy', 'ls'], /Allowed choices are studio/],
    [['--fork', 'ls'], /--fork needs the session/],
    [['--native', 'mode', 'ls'], /--native takes <name>=<value>/],
    [['--requires', 'steer,interupt', 'ls'], /--requires .* Did you mean "interrupt"/],
  ];
  const ends = await room.each(wrong.map(([words]) => ['run', ...words]));
  for (const [index, [words, message]] of wrong.entries()) {
    const { errors = '', ...end } = ends[index] ?? {};
    expect({ words, ...end }).toMatchObject({ words, code: 2, output: '' });
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(room.store)).toBe(false);
});

test('native options go to the agent that is chosen, and those that it does not have are refused', async () => {
  await using room = await openAsmRoom();
  const [given, unknown, wrong, model, late, lacking, preferred, runs] = await room.each([
    ['run', '-p', 'shell', '-r', 'none', '--native', 'successExitCodes=[3]', '--shell', 'echo it; exit 3'],
    ['run', '-p', 'codex', '--native', 'sandbx=false', 'go'],
    ['run', '-p', 'amp', '--native', 'mode=slow', 'go'],
    ['run', '-p', 'amp', '-m', 'gpt', 'go'],
    ['run', '-p', 'shell', '-m', 'gpt', 'true'],
    ['run', '-p', 'shell', '--requires', 'interrupt,steer', 'true'],
    ['run', '-p', 'shell', '--prefers', 'steer', 'true'],
    ['sessions', '--json'],
  ]);
  expect(given).toMatchObject({ code: 0, output: 'it\n' });
  expect(unknown).toMatchObject({ code: 2, output: '' });
  expect(unknown?.errors).toMatch(/no native option of codex "sandbx"\. Did you mean "sandbox"\?/);
  expect(unknown?.errors).toContain('--native takes them as <name>=<value>');
  expect(wrong).toMatchObject({ code: 2, output: '' });
  expect(wrong?.errors).toMatch(/native option of amp "mode" is not valid: .*"rush"/);
  expect(model?.errors).toContain('With --native mode=smart');
  expect(late).toMatchObject({ code: 5 });
  expect(late?.errors).toContain('[capability_not_supported]');
  expect(lacking).toMatchObject({ code: 5, output: '' });
  expect(lacking?.errors).toMatch(
    /shell lacks what the run requires: steer.*\[missing_required_capability\]/,
  );
  expect(preferred).toMatchObject({ code: 0, output: expect.stringContaining('steer') });
  // No run of those that were refused.
  const statuses = documents(runs).map(({ status }) => status);
  expect(statuses).toEqual(['active', 'cancelled', 'active', 'active', 'cancelled', 'cancelled', 'active']);
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
  const { session } = await ranEarlier(room, 'true');
  const [cancelled, refused, forked, sessions] = await room.each([
    ['cancel', session],
    ['run', '--session', session, 'true'],
    ['run', '--session', session, '--fork', '-C', 'file', 'true'],
    ['sessions', '--json'],
  ]);
  expect(cancelled?.code).toBe(0);
  expect(refused?.code).toBe(2);
  expect(refused?.errors).toContain('takes no new run');
  expect(forked?.code).toBe(2);
  expect(documents(sessions).map((row) => row['status'])).toEqual(['cancelled']);
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
  await using room = await openAsmRoom(({ body }) =>
    JSON.stringify(body).includes('Say it')
      ? { tools: [bash('echo same')] }
      : { text: 'Let me think.', hang: true },
  );
  const [stalled, looping] = await room.each([
    ['run', '--stall-after', '0.5', 'Think'],
    ['run', '--permission-mode', 'full_auto', '--stop-loops', 'Say it'],
  ]);
  expect(stalled?.code).toBe(124);
  expect(stalled?.errors).toMatch(/^failed \[run_stalled\]/m);
  expect(looping?.code).toBe(1);
  expect(looping?.errors).toMatch(/^failed \[loop_detected\]/m);
});
