import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { checkLog } from './log-check.ts';
import { startManager } from './manager-processes.ts';
import { temporaryFolder } from './store-kinds.ts';

test('a pending run that two processes execute at once is executed by one of them', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  const store = await sqliteStore(path);
  await using manager = await createSessionManager({ store, providers: [scriptedProvider([])] });
  await using one = await startManager(path);
  await using two = await startManager(path);
  const session = await manager.createSession();
  for (let round = 0; round < 8; round++) {
    const { id: runId } = await manager.startRun(session.id, 'go');
    const order = { order: 'execute', runId } as const;
    const answers = await Promise.all([one.tell(order), two.tell(order)]);
    expect(answers.filter((answer) => answer.status === 'completed')).toHaveLength(1);
    const [refused, ...others] = answers.flatMap((answer) => answer.code ?? []);
    expect(others).toEqual([]);
    expect(['run_already_executing', 'invalid_transition']).toContain(refused);
  }
  const { runs } = await checkLog(store, session.id);
  expect(runs.map((run) => run.status)).toEqual(Array.from({ length: 8 }, () => 'completed'));
  await Promise.all([one.tell({ order: 'close' }), two.tell({ order: 'close' })]);
});

test('calls with one key in two processes at once give one run', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  const store = await sqliteStore(path);
  await using manager = await createSessionManager({ store, providers: [] });
  await using one = await startManager(path);
  await using two = await startManager(path);
  const session = await manager.createSession();
  for (let round = 0; round < 8; round++) {
    const order = { order: 'run', sessionId: session.id, input: 'go', key: `key ${round}` } as const;
    const [first, second] = await Promise.all([one.tell(order), two.tell(order)]);
    expect(first).toEqual({ runId: expect.stringMatching(/^run_/), status: 'completed' });
    expect(second).toEqual(first);
    expect(await two.tell({ ...order, input: 'something else' })).toEqual({ code: 'idempotency_key_reused' });
  }
  const { runs } = await checkLog(store, session.id);
  expect(runs).toHaveLength(8);
});
