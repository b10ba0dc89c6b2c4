import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { createSessionServer } from '../../src/runtime/session-server.ts';
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { heldProvider } from '../runtime/held-provider.ts';
import { documents, openAsmRoom } from './asm-room.ts';

test('queue shows, promotes and withdraws runs of a session that another process serves', async () => {
  await using room = await openAsmRoom();
  const store = join(room.home, 'served.db');
  const held = heldProvider();
  await using manager = await createSessionManager({
    store: sqliteStore(store),
    providers: [held.provider],
  });
  const each = async (...commands: readonly (readonly string[])[]) =>
    await room.each(commands.map((words) => ['queue', ...words, '--store', store]));
  await using server = await createSessionServer(manager, { session: {} });
  expect(await each([])).toMatchObject([{ code: 0, output: 'Nothing runs, and nothing is queued.\n' }]);
  const running = await server.submitRun('running');
  await held.startedCount(1);
  const [one, two, three] = [
    await server.submitRun('one'),
    await server.submitRun('two'),
    await server.submitRun('three'),
  ];

  const late = ['promote', 'withdraw'].flatMap((verb) => [
    [verb, running.id],
    [verb, 'run_none'],
  ]);
  const [listed, promoted, withdrawn, left, ...refused] = await each(
    [],
    ['promote', three.id],
    ['withdraw', one.id, '--json'],
    ['--session', server.sessionId, '--json'],
    ...late,
    ['--session', 'ses_none'],
  );
  const lines = listed?.output.trimEnd().split('\n') ?? [];
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(new RegExp(`^${running.id} +running +– .*running$`));
  expect(lines[2]).toMatch(new RegExp(`^${one.id} +queued +1 +[\\d.]+\\w+ +${server.sessionId} .*one$`));
  expect(lines[4]).toMatch(new RegExp(`^${three.id} +queued +3 .*three$`));

  expect(promoted).toMatchObject({ code: 0, output: `${three.id} is the next in its queue.\n` });
  expect(documents(withdrawn)).toEqual([{ runId: one.id, status: 'cancelled' }]);
  expect(documents(left).map(({ runId, status, place }) => [runId, status, place])).toEqual([
    [running.id, 'running', undefined],
    [three.id, 'queued', 1],
    [two.id, 'queued', 2],
  ]);
  expect(refused.map(({ code }) => code)).toEqual([2, 3, 2, 3, 3]);
  for (const index of [0, 2]) expect(refused[index]?.errors).toContain('cancel it instead');
  held.finishAll();
  await server.drain();
  expect(held.started).toEqual(['running', 'three', 'two']);
  expect((await server.awaitRun(one.id)).status).toBe('cancelled');
});
