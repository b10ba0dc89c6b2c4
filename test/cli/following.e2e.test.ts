import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announced, expectEndedOnce, runRow } from './asm-log.ts';
import { documents, openAsmRoom } from './asm-room.ts';
import { ranEarlier } from './earlier-run.ts';

/** A script that goes on only when the file is there. */
const waitFor = (file: string): string => `while [ ! -e ${file} ]; do sleep 0.05; done`;

test('events --follow shows a run of another process live and ends with it', async () => {
  await using room = await openAsmRoom();
  const script = `echo begun; ${waitFor('go')}; echo over`;
  const command = room.start(['run', '-p', 'shell', '-r', 'none', '--shell', script]);
  await command.says(/ses_\w+ · run_\w+/);
  const { session, run } = announced(command.errors());
  const ofRun = room.start(['events', run, '--follow', '--json']);
  const ofSession = room.start(['events', session, '--follow', '--render', 'compact']);
  await ofRun.says('begun\\n');
  await ofSession.says('a+');
  await writeFile(join(room.cwd, 'go'), '');
  const followed = await ofRun.ended;
  expect(followed).toMatchObject({ code: 0, errors: '' });
  const lines = documents(followed);
  expect(lines[0]).toMatchObject({ type: 'run_created', runId: run });
  expect(lines.at(-1)).toMatchObject({ type: 'run_completed', runId: run });
  expect(lines).toEqual(documents(await room.asm(['events', run, '--json'])));
  // The session can have more runs: following it ends with Ctrl-C, or when it has ended.
  await ofSession.says('r-');
  ofSession.signalGroup('SIGINT');
  expect(await ofSession.ended).toMatchObject({ code: 0, errors: '' });
});

test('events --follow of a session ends when the session does, and --limit ends it before', async () => {
  await using room = await openAsmRoom();
  const { session } = await ranEarlier(room, 'true');
  const all = room.start(['events', session, '-f', '--json', '--after', '3']);
  const two = room.start(['events', session, '-f', '--json', '--limit', '2']);
  expect(documents((await two.ended).output).map((event) => event['seq'])).toEqual([1, 2]);
  await all.says('run_completed');
  expect((await room.asm(['cancel', session])).code).toBe(0);
  const { code, output } = await all.ended;
  expect(code).toBe(0);
  const lines = documents(output);
  expect(lines[0]).toMatchObject({ seq: 4 });
  expect(lines.at(-1)).toMatchObject({ type: 'session_cancelled' });
});

test('events --follow of a run that was over before ends at once', async () => {
  await using room = await openAsmRoom();
  const { run } = await ranEarlier(room, 'true');
  const { code, output } = await room.asm(['events', run, '--follow', '--json', '--after', '1000']);
  expect({ code, output }).toEqual({ code: 0, output: '' });
});

test('cancel ends a run of another process, with its reason, and says how it really ended', async () => {
  await using room = await openAsmRoom();
  const command = room.start(['run', '-p', 'shell', 'sleep 600']);
  await command.says('Running: sleep 600');
  const { run } = announced(command.errors());
  const cancel = await room.asm(['cancel', run, '--reason', 'wrong branch', '--json']);
  expect(documents(cancel.output)).toEqual([{ runId: run, status: 'cancelled' }]);
  const { code, output } = await command.ended;
  expect(code).toBe(130);
  expect(output).toContain('wrong branch');
  await expectEndedOnce(room, run, 'run_cancelled');
  // Once more changes nothing.
  expect(await room.asm(['cancel', run])).toMatchObject({ code: 0, output: `${run} is cancelled.\n` });
  await expectEndedOnce(room, run, 'run_cancelled');
});

test('cancel of a session ends its running run and takes no other', async () => {
  await using room = await openAsmRoom();
  const command = room.start(['run', '-p', 'shell', 'sleep 600']);
  await command.says('Running: sleep 600');
  const { session, run } = announced(command.errors());
  expect(await room.asm(['cancel', session])).toMatchObject({
    code: 0,
    output: `${session} is cancelled.\n`,
  });
  expect(await command.ended).toMatchObject({ code: 130 });
  expect(await runRow(room, run)).toMatchObject({ status: 'cancelled' });
  await expectEndedOnce(room, run, 'run_cancelled');
  const again = await room.asm(['cancel', session]);
  expect(again).toMatchObject({ code: 2, output: '' });
  expect(again.errors).toContain('[invalid_transition]');
});

test('complete ends a session that is done, and none that works', async () => {
  await using room = await openAsmRoom();
  const command = room.start(['run', '-p', 'shell', '--shell', waitFor('go')]);
  await command.says('Running: ');
  const { session, run } = announced(command.errors());
  const early = await room.asm(['complete', session]);
  expect(early).toMatchObject({ code: 2, output: '' });
  expect(early.errors).toContain(`run ${run} is running. Wait for it or cancel it.`);
  await writeFile(join(room.cwd, 'go'), '');
  expect(await command.ended).toMatchObject({ code: 0 });
  const ends = await room.each([
    ['complete', session],
    ['complete', session, '--json'],
    ['complete', run],
    ['run', '--session', session, '-p', 'shell', 'true'],
    ['run', '--session', session, '--fork', '-p', 'shell', 'true'],
  ]);
  expect(ends[0]).toMatchObject({ code: 0, output: `${session} is completed.\n`, errors: '' });
  expect(ends.map(({ code }) => code)).toEqual([0, 2, 3, 2, 0]);
});

test('a run can be followed from the middle while it is being written', async () => {
  await using room = await openAsmRoom();
  const script = `for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done; ${waitFor('go')}`;
  const command = room.start(['run', '-p', 'shell', '--json', '--shell', script]);
  await command.says('line 2');
  const [first] = documents(command.output().split('\n').slice(0, 1).join('') + '\n');
  const follower = room.start(['events', String(first?.['runId']), '--follow', '--json', '--after', '4']);
  await follower.says('line 5');
  await writeFile(join(room.cwd, 'go'), '');
  const written = documents((await command.ended).output).slice(0, -1);
  expect(documents((await follower.ended).output)).toEqual(
    written.filter((event) => Number(event['seq']) > 4),
  );
});
