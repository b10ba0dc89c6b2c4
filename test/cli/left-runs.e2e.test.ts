import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bash } from '../claude/agent-room.ts';
import { agentProcesses, announced, events, expectEndedOnce, runRow } from './asm-log.ts';
import { documents, openAsmRoom } from './asm-room.ts';

const turns = [{ tools: [bash('echo made > made.txt')] }, { text: 'Done.' }];

test('SIGTERM leaves a run that waits, says how to go on, and another process goes on with it, until it is told the same', async () => {
  await using room = await openAsmRoom([
    ...turns.slice(0, 1),
    { tools: [bash('echo again > again.txt')] },
    { text: 'Done.' },
  ]);
  const rule = 'bash(ls -l)';
  const run = room.start(['run', '--approvals', '--allow', rule, 'Make a file']);
  await run.says(/Waiting for approval apr_/);
  const { run: runId, session } = announced(run.errors());
  // Before that the agent may still be speaking, and could not take its call up again.
  const turnsOf = (count: number) => async (): Promise<boolean> =>
    (await events(room, session)).filter(({ type }) => type === 'turn_completed').length >= count;
  await expect.poll(turnsOf(1), { timeout: 60_000, interval: 20 }).toBe(true);
  run.signal('SIGTERM');
  const { code, output, errors } = await run.ended;
  const [, id = ''] = /(apr_\w+)/.exec(output) ?? [];
  expect(code).toBe(75);
  expect(output).toContain(`Agent ended until approval ${id} is answered`);
  expect(errors).toContain(`${runId} waits without its agent, until ${id} is decided. To go on:
  asm approvals
  asm approve ${id}     or: asm deny ${id}
  asm resume ${runId} --allow '${rule}'
`);
  const { cookie = '', ...row } = await runRow(room, runId);
  expect(row).toMatchObject({ status: 'running', waitingFor: 'approval', parked: { approvalId: id } });
  expect(agentProcesses(cookie)).toEqual([]);
  expect((await room.asm(['approve', id])).errors).toContain(`asm resume ${runId}`);
  expect(existsSync(join(room.cwd, 'made.txt'))).toBe(false);
  const resumed = room.start(['resume', runId, '--allow', rule]);
  await expect.poll(turnsOf(2), { timeout: 60_000, interval: 20 }).toBe(true);
  await resumed.says(/Waiting for approval apr_[^]*Waiting for approval apr_/);
  expect(await readFile(join(room.cwd, 'made.txt'), 'utf8')).toBe('made\n');
  resumed.signal('SIGTERM');
  const left = await resumed.ended;
  expect(left.code).toBe(75);
  const [, second = ''] =
    [...left.output.matchAll(/Agent ended until approval (apr_\w+) is answered/g)].at(-1) ?? [];
  expect(second).not.toBe(id);
  expect(left.errors).toContain(`asm approve ${second}`);
  await room.asm(['approve', second]);
  const last = await room.asm(['resume', runId, '--allow', rule, '--json']);
  expect(documents(last.output).at(-1)).toMatchObject({ type: 'result', status: 'completed' });
  expect(await readFile(join(room.cwd, 'again.txt'), 'utf8')).toBe('again\n');
});

test('SIGTERM with --json ends with a line about the run that was left', async () => {
  await using room = await openAsmRoom(turns);
  const run = room.start(['run', '--approvals', '--json', 'Make a file']);
  await run.says(
    /"tool_approval_requested"[^]*"turn_completed"|"turn_completed"[^]*"tool_approval_requested"/,
  );
  run.signal('SIGTERM');
  const { code, output, errors } = await run.ended;
  expect({ code, errors }).toEqual({ code: 75, errors: '' });
  expect(documents(output).slice(-2)).toMatchObject([
    { type: 'run_parked' },
    { type: 'left', run: { status: 'running', waitingFor: 'approval' } },
  ]);
});

test('SIGTERM cancels a run whose question can not be parked', async () => {
  await using room = await openAsmRoom();
  const words = ['run', '-p', 'shell', '--permission-mode', 'default', '--approvals', 'touch', 'a'];
  const run = room.start(words);
  await run.says(/Waiting for approval apr_/);
  run.signal('SIGTERM');
  const { code, output, errors } = await run.ended;
  expect(code).toBe(130);
  expect(output).toContain('Question taken back');
  await expectEndedOnce(room, announced(errors).run, 'run_cancelled');
});
