import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announced, expectEndedOnce } from './asm-log.ts';
import { openAsmRoom } from './asm-room.ts';
import { ranEarlier } from './earlier-run.ts';

const much =
  'i=0; while [ $i -lt 3000 ]; do echo "$i ........................................................"; i=$((i+1)); done';

test('a reader that has enough ends the commands that read, quietly', async () => {
  await using room = await openAsmRoom();
  const { session } = await ranEarlier(room, much);
  const words = [['events', session, '--json'], ['events', session], ['show', session, '--json'], ['--help']];
  for (const command of words) {
    const reading = room.start(command);
    reading.closeOutput();
    expect(await reading.ended).toMatchObject({ code: 0, signal: null, errors: '' });
  }
  const following = room.start(['events', session, '--follow', '--json']);
  await following.says('run_started');
  following.closeOutput();
  await ranEarlier(room, 'true', session);
  expect(await following.ended).toMatchObject({ code: 0, errors: '' });
});

test('a run goes on when nobody reads along any more', async () => {
  await using room = await openAsmRoom();
  for (const [file, how] of [
    ['studio', []],
    ['json', ['--json']],
  ] as const) {
    const script = `echo begun; while [ ! -e go-${file} ]; do sleep 0.05; done; ${much}; touch ${file}`;
    const command = room.start(['run', '-p', 'shell', ...how, '--shell', script]);
    await command.says(/begun\W/);
    command.closeOutput();
    await writeFile(join(room.cwd, `go-${file}`), '');
    expect(await command.ended).toMatchObject({ code: 0 });
    expect(existsSync(join(room.cwd, file))).toBe(true);
    if (file === 'studio') await expectEndedOnce(room, announced(command.errors()).run, 'run_completed');
  }
});
