import { expect, test } from 'vitest';
import { bash } from '../claude/agent-room.ts';
import { endLeases } from '../sqlite/end-leases.ts';
import { agentProcesses, announced, expectEndedOnce, runRow } from './asm-log.ts';
import type { AsmProcess } from './asm-process.ts';
import { documents, openAsmRoom, type AsmRoom } from './asm-room.ts';

/** Starts a run and waits until its agent has said something; gives the run's id and cookie. */
async function working(
  room: AsmRoom,
  words: readonly string[],
  said: string,
): Promise<{ readonly command: AsmProcess; readonly run: string; readonly cookie: string }> {
  const command = room.start(['run', ...words]);
  await command.says(said);
  const { run } = announced(command.errors());
  const { cookie = '' } = await runRow(room, run);
  expect(agentProcesses(cookie)).not.toEqual([]);
  return { command, run, cookie };
}

/** Stops all processes of the agent, so that it can answer nothing any more. */
function freeze(cookie: string): void {
  for (const pid of agentProcesses(cookie)) process.kill(pid, 'SIGSTOP');
}

test('Ctrl-C once interrupts the turn; the run is complete and its conversation goes on', async () => {
  await using room = await openAsmRoom([{ text: 'I begin with', hang: true }, { text: 'I went on.' }]);
  const { command, run } = await working(room, ['A long task'], 'I begin with');
  command.signalGroup('SIGINT');
  const { code, errors } = await command.ended;
  expect(code).toBe(0);
  expect(errors).toContain('Interrupting; Ctrl-C again cancels.');
  expect(errors).toMatch(/^completed \(interrupted\)/m);
  expect(await runRow(room, run)).toMatchObject({ status: 'completed', interrupted: true });
  await expectEndedOnce(room, run, 'run_completed');
  const on = await room.asm(['run', '--session', announced(errors).session, 'Go on']);
  expect(on).toMatchObject({ code: 0 });
  expect(on.output).toContain('I went on.');
});

test('Ctrl-C twice cancels an agent that does not react to the first', async () => {
  await using room = await openAsmRoom([{ text: 'I begin with', hang: true }]);
  const { command, run, cookie } = await working(room, ['A long task'], 'I begin with');
  freeze(cookie);
  command.signalGroup('SIGINT');
  await command.says('Interrupting; Ctrl-C again cancels.');
  command.signalGroup('SIGINT');
  const { code, errors } = await command.ended;
  expect(code).toBe(130);
  expect(errors).toMatch(/^cancelled/m);
  await expectEndedOnce(room, run, 'run_cancelled');
});

test('Ctrl-C three times leaves at once; the run is ended by the next command, and its conversation goes on', async () => {
  await using room = await openAsmRoom([{ text: 'I begin with', hang: true }, { text: 'I went on.' }]);
  const { command, run, cookie } = await working(room, ['A long task'], 'I begin with');
  freeze(cookie);
  command.signalGroup('SIGINT');
  await command.says('Interrupting');
  command.signalGroup('SIGINT');
  await command.says('Cancelling; Ctrl-C again leaves at once.');
  command.signalGroup('SIGINT');
  expect(await command.ended).toMatchObject({
    code: 130,
    errors: expect.stringContaining('Left. The next asm ends the run'),
  });
  endLeases(room.store);
  expect((await room.asm(['sessions'])).errors).toContain(`${run} ended as failed`);
  await expectEndedOnce(room, run, 'run_failed');
  const { session } = announced(command.errors());
  expect((await room.asm(['run', '--session', session, 'Go on'])).output).toContain('I went on.');
});

test('SIGTERM cancels the run, and its tools end with it', async () => {
  await using room = await openAsmRoom([{ tools: [bash('tail -f /dev/null')] }]);
  const words = ['--permission-mode', 'full_auto', 'Sleep'];
  const { command, run } = await working(room, words, 'Running: tail -f');
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ code: 130 });
  await expectEndedOnce(room, run, 'run_cancelled');
});

/** What a shell is to do that starts other programs, says so, and then waits. */
const sleepers = ['-p', 'shell', '-r', 'verbose', '--shell', 'sleep 600 & sleep 600 & echo started; wait'];

test('SIGHUP does so, too', async () => {
  await using room = await openAsmRoom();
  const { command, run } = await working(room, sleepers, 'text="started');
  command.signal('SIGHUP');
  expect(await command.ended).toMatchObject({ code: 130 });
  await expectEndedOnce(room, run, 'run_cancelled');
});

test('Ctrl-C interrupts a command of the shell provider with all that it started', async () => {
  await using room = await openAsmRoom();
  const { command, run } = await working(room, sleepers, 'text="started');
  command.signalGroup('SIGINT');
  expect(await command.ended).toMatchObject({ code: 0 });
  expect(await runRow(room, run)).toMatchObject({ status: 'completed', interrupted: true });
  await expectEndedOnce(room, run, 'run_completed');
});

test('with --json a signal says nothing beside the JSON', async () => {
  await using room = await openAsmRoom();
  const command = room.start(['run', '--json', '-p', 'shell', '--shell', 'echo started; sleep 600']);
  await command.says('"started');
  command.signalGroup('SIGINT');
  const { code, output, errors } = await command.ended;
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(output).toMatch(/\{"type":"result",.*"interrupted":true\}\n$/);
});

test('kill -9 leaves a run that the next command shows as abandoned, once its lease has run out', async () => {
  await using room = await openAsmRoom();
  const { command, run, cookie } = await working(room, sleepers, 'text="started');
  command.signal('SIGKILL');
  expect(await command.ended).toMatchObject({ signal: 'SIGKILL' });
  // Somebody may still be there, as far as anybody can tell.
  expect(documents(await room.asm(['show', run, '--json']))).toMatchObject([{ status: 'running' }]);
  endLeases(room.store);
  const shown = await room.asm(['show', run]);
  expect(shown.code).toBe(0);
  expect(shown.output).toMatch(/^status +failed$[^]*\[run_abandoned\]$/m);
  const { session } = announced(command.errors());
  expect(shown.errors).toContain(`Go on: asm run --session ${session} "…"`);
  expect(agentProcesses(cookie)).toEqual([]);
  await expectEndedOnce(room, run, 'run_failed');
});

test('asm cancel ends a run whose process was killed as cancelled', async () => {
  await using room = await openAsmRoom();
  const { command, run } = await working(room, sleepers, 'text="started');
  command.signal('SIGKILL');
  await command.ended;
  endLeases(room.store);
  expect(await room.asm(['cancel', run])).toMatchObject({ code: 0, output: `${run} is cancelled.\n` });
  await expectEndedOnce(room, run, 'run_cancelled');
});

test('asm cancel waits for the lease of a run that was killed just now', async () => {
  await using room = await openAsmRoom();
  const { command, run } = await working(room, sleepers, 'text="started');
  command.signal('SIGKILL');
  await command.ended;
  const cancel = room.start(['cancel', run]);
  const follower = room.start(['events', run, '--follow', '--json']);
  await follower.says('run_cancel_requested');
  endLeases(room.store);
  expect(await cancel.ended).toMatchObject({ code: 0, output: `${run} is cancelled.\n` });
  expect(await follower.ended).toMatchObject({ code: 0 });
  await expectEndedOnce(room, run, 'run_cancelled');
});

test('events --follow ends when the process of the run is gone', async () => {
  await using room = await openAsmRoom();
  const { command, run } = await working(room, sleepers, 'text="started');
  const follower = room.start(['events', run, '--follow', '--json']);
  await follower.says('started');
  command.signal('SIGKILL');
  await command.ended;
  endLeases(room.store);
  const { code, output } = await follower.ended;
  expect(code).toBe(0);
  expect(output).toMatch(/"type":"run_failed",.*"run_abandoned".*\n$/);
  await expectEndedOnce(room, run, 'run_failed');
});
