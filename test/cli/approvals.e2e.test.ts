import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { brandId } from '../../src/domain/id.ts';
import type { ToolCall } from '../../src/domain/tool.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { bash } from '../claude/agent-room.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { callOf, pendingId } from '../manager/approval-room.ts';
import { announced, events, runRow } from './asm-log.ts';
import type { AsmProcess } from './asm-process.ts';
import { documents, openAsmRoom, type AsmRoom } from './asm-room.ts';
import { ranEarlier } from './earlier-run.ts';

/** Starts a run of Claude Code and gives the approval that it waits for. */
async function askedRun(room: AsmRoom): Promise<{ readonly run: AsmProcess; readonly id: string }> {
  const run = room.start(['run', '--approvals', 'Make a file']);
  return { run, id: await asked(run) };
}

/** The approval that a run waits for, once it is another one than `before`. */
async function asked(run: AsmProcess, before = 'none'): Promise<string> {
  const question = new RegExp(`Waiting for approval (?!${before})(apr_\\w+): \\w+ needs a permission`);
  await run.says(question);
  return question.exec(run.output())?.[1] ?? '';
}

const made = bash('echo made > made.txt');

test('a call waits until another terminal approves it', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default', '--approvals'];
  const run = room.start([...words, 'touch made.txt']);
  const id = await asked(run);
  const listed = await room.asm(['approvals']);
  expect(listed).toMatchObject({ code: 0, errors: '' });
  expect(listed.output).toMatch(new RegExp(`${id} +pending +bash +touch made.txt`));
  expect(existsSync(join(room.cwd, 'made.txt'))).toBe(false);
  const approved = await room.asm(['approve', id, '--by', 'ada', '--reason', 'it is only a file']);
  expect(approved).toMatchObject({ code: 0, output: `${id} is granted.\n`, errors: '' });
  const { code, output, errors } = await run.ended;
  expect(code).toBe(0);
  expect(output).toContain('Approved by ada: it is only a file');
  expect(existsSync(join(room.cwd, 'made.txt'))).toBe(true);
  // Once decided, it is decided.
  const { session } = announced(errors);
  const [json, again, all, none] = await room.each([
    ['deny', id, '--json'],
    ['deny', id],
    ['approvals', '--session', session, '--status', 'all', '--json'],
    ['approvals'],
  ]);
  expect(json?.code).toBe(2);
  expect(documents(json?.errors)).toMatchObject([{ error: { code: 'conflict' } }]);
  expect(again?.errors).toBe(`error Approval ${id} was granted by ada before. [conflict]\n`);
  expect(documents(all)).toMatchObject([
    { id, status: 'granted', decidedBy: 'ada', decisionReason: 'it is only a file' },
  ]);
  expect(documents(all)[0]).not.toHaveProperty('key');
  expect(none?.output).toBe('No approval is pending.\n');
});

test('a call that is denied does not run; with --stop its run ends as cancelled', async () => {
  await using room = await openAsmRoom([{ tools: [made] }, { tools: [made] }, { text: 'never' }]);
  const { run, id } = await askedRun(room);
  const denied = await room.asm(['deny', id, '--message', 'Not here.']);
  expect(denied.output).toBe(`${id} is denied.\n`);
  const second = await asked(run, id);
  expect(JSON.stringify(room.server.mainRequests.at(-1)?.body)).toContain('Not here.');
  expect((await room.asm(['deny', second, '--stop'])).code).toBe(0);
  expect((await run.ended).code).toBe(130);
  expect(existsSync(join(room.cwd, 'made.txt'))).toBe(false);
});

/** A run whose agent, in this process, makes these calls one after the other; `ran` is what its tool was given. */
async function scriptedRun(room: AsmRoom, calls: readonly Omit<ToolCall, 'id'>[]) {
  const ran: unknown[] = [];
  const result = (input: unknown) => {
    ran.push(input);
    return { output: '' };
  };
  const script = calls.map((tool) => ({ tool, result }));
  const claims = { tool_rules: 'native', changed_tool_input: 'native' } as const;
  const manager = await createSessionManager({
    store: sqliteStore(room.store),
    providers: [scriptedProvider(script, { name: 'claude', capabilities: claims })],
    approvals: {},
  });
  const session = await manager.createSession({ cwd: room.cwd });
  const run = await session.run('go');
  return { ran, manager, run, [Symbol.asyncDispose]: () => manager.close() };
}

test('--input runs another input, --session and --pattern let later calls through', async () => {
  await using room = await openAsmRoom();
  const commands = ['echo made', 'echo other', 'echo other', 'touch a', 'touch b'];
  const calls = commands.map((command) => callOf(command));
  await using asked = await scriptedRun(room, calls);
  const { manager, ran, run } = asked;
  const first = await pendingId(manager);
  await room.asm(['approve', first, '--input', '{"command":"echo changed"}']);
  const second = await pendingId(manager);
  await room.asm(['approve', second, '--session']);
  const third = await pendingId(manager);
  await room.asm(['approve', third, '--pattern', 'bash(touch)', '--until', '2h']);
  expect((await run.result).status).toBe('completed');
  expect(ran).toEqual([{ command: 'echo changed' }, ...calls.slice(1).map(({ input }) => input)]);
  const [grants, revoked, again, left] = await room.each([
    ['approvals', '--grants', '--json'],
    ['revoke', third, '--by', 'ada'],
    ['revoke', third, '--json'],
    ['approvals', '--grants'],
  ]);
  expect(documents(grants).map((grant) => grant['id'])).toEqual([third, second]);
  expect(revoked).toMatchObject({ code: 0, output: `${third} is revoked.\n`, errors: '' });
  expect(again?.code).toBe(2);
  expect(documents(again?.errors)).toMatchObject([{ error: { code: 'conflict' } }]);
  expect(left?.output).toMatch(new RegExp(`${second} +Bash: echo other +all `));
  expect(left?.output).not.toContain(third);
  const questions = (await events(room, run.sessionId)).filter(
    ({ type }) => type === 'tool_approval_requested',
  );
  expect(questions).toHaveLength(3);
});

test('--follow shows what is asked and decided, in lines and as JSON, until Ctrl-C', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default', '--approvals', 'touch'];
  await ranEarlier(room, 'true');
  const lines = room.start(['approvals', '--follow']);
  const json = room.start(['approvals', '--follow', '--json']);
  const first = room.start([...words, 'a']);
  await Promise.all([lines, json].map(async (follower) => await follower.says(/apr_\w+/)));
  const [id = ''] = /apr_\w+/.exec(lines.output()) ?? [];
  await room.asm(['approve', id, '--session', '--by', 'ada', '--reason', 'only a file']);
  expect((await first.ended).code).toBe(0);
  await room.asm(['revoke', id, '--by', 'bob']);
  const second = room.start([...words, 'b']);
  await Promise.all([lines, json].map(async (follower) => await follower.says(/asked[^]*revoked[^]*asked/)));
  second.signal('SIGTERM');
  await second.ended;
  await Promise.all([lines, json].map(async (follower) => await follower.says('withdrawn')));
  lines.signalGroup('SIGINT');
  json.signalGroup('SIGINT');
  const ends = [await lines.ended, await json.ended];
  expect(ends).toMatchObject([
    { code: 0, errors: '' },
    { code: 0, errors: '' },
  ]);
  const [shown = '', documented = ''] = ends.map(({ output }) => output);
  const [question, granted, revoked, again, taken] = shown.split('\n');
  expect(question).toMatch(new RegExp(`^${id} {2}asked +\\w+: touch a · .+ · 24h left$`));
  expect(granted).toMatch(new RegExp(`^${id} {2}granted +\\w+ by ada: only a file$`));
  expect(revoked).toMatch(new RegExp(`^${id} {2}revoked +\\w+ by bob$`));
  expect(again).toContain('asked      bash: touch b');
  expect(taken).toContain('withdrawn');
  expect(documents(documented).map(({ what }) => what)).toEqual([
    'asked',
    'granted',
    'revoked',
    'asked',
    'withdrawn',
  ]);
});

test('a question of the agent is answered with --answer', async () => {
  await using room = await openAsmRoom();
  const questions = [{ question: 'Which one?', options: ['Left', 'Right'] }];
  await using asked = await scriptedRun(room, [
    { name: 'AskUserQuestion', tool: 'ask_user', kind: 'question', input: { questions } },
  ]);
  const id = await pendingId(asked.manager);
  const [listed, bare, answered] = await room.each([
    ['approvals'],
    ['approve', id],
    ['approve', id, '--answer', 'Which one?=Right'],
  ]);
  expect(listed?.output).toContain(id);
  expect(bare?.errors).toContain('needs answers');
  expect(answered?.code).toBe(0);
  expect((await asked.run.result).status).toBe('completed');
  expect(asked.ran).toEqual([{ questions, answers: { 'Which one?': 'Right' } }]);
});

test('a run whose command was killed goes on with asm resume', async () => {
  await using room = await openAsmRoom([{ tools: [made] }]);
  const { run, id } = await askedRun(room);
  // Claude Code writes its conversation down a little later than it speaks.
  const wroteCall = (name: string): boolean =>
    name.endsWith('.jsonl') && readFileSync(join(room.home, name), 'utf8').includes('"tool_use"');
  const wrote = (): boolean => readdirSync(room.home, { recursive: true, encoding: 'utf8' }).some(wroteCall);
  await expect.poll(wrote, { timeout: 60_000, interval: 20 }).toBe(true);
  run.signal('SIGKILL');
  await run.ended;
  const { run: runId } = announced(run.errors());
  const [approved, tooEarly] = await room.each([
    ['approve', id],
    ['resume', runId],
  ]);
  expect(approved?.code).toBe(0);
  expect(tooEarly?.errors).toContain('is being executed by another process');
  // Its lease would run out by itself, after a while.
  {
    await using store = await sqliteStore(room.store);
    const lease = await store.leases.current(brandId('run', runId));
    if (lease !== undefined) await store.leases.release(lease);
  }
  // The agent that was killed may have asked its model once more.
  room.server.setScript([{ tools: [made] }, { text: 'Done.' }]);
  expect((await room.asm(['resume', runId, '--render', 'none'])).output).toBe('Done.\n');
  expect(await readFile(join(room.cwd, 'made.txt'), 'utf8')).toBe('made\n');
  expect(await runRow(room, runId)).toMatchObject({ status: 'completed', output: 'Done.' });
});

test('wrong use is said with what would be right', async () => {
  await using room = await openAsmRoom();
  expect((await room.asm(['approvals'])).code).toBe(3);
  await ranEarlier(room, 'true');
  const wrong: readonly (readonly [readonly string[], number, string])[] = [
    [['approve', 'apr_none'], 3, 'There is no approval apr_none'],
    [['deny', 'run_1'], 3, 'begin with apr_'],
    [['approve', 'apr_1', '--input', '[1]'], 2, 'JSON object'],
    [['approve', 'apr_1', '--session', '--input', '{}'], 2, 'only one of --input, --session'],
    [['approve', 'apr_1', '--pattern', 'bash'], 2, '--until go together'],
    [['approve', 'apr_1', '--pattern', 'bash', '--until', 'yesterday'], 2, '30m'],
    [['approve', 'apr_1', '--pattern', '(', '--until', '2h'], 2, 'is not a rule'],
    [['approve', 'apr_1', '--answer', 'yes'], 2, 'the question, "="'],
    [['approvals', '--status', 'pendin'], 2, 'Did you mean "pending"?'],
    [['approvals', '--session', 'x'], 3, 'no id of a session'],
    [['approvals', '--grants', '--status', 'all'], 2, 'only one of --follow, --grants and --status'],
    [['revoke', 'apr_none'], 3, 'There is no approval apr_none'],
    [['resume', 'run_none'], 3, 'There is no run run_none'],
  ];
  const ends = await room.each(wrong.map(([words]) => words));
  for (const [index, [words, code, text]] of wrong.entries()) {
    expect({ words, code: ends[index]?.code }).toEqual({ words, code });
    expect(ends[index]?.errors).toContain(text);
  }
});
