import { expect, test } from 'vitest';
import { checkLog } from '../manager/log-check.ts';
import { openServedRoom, shortLease } from './server-processes.ts';

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

test('a process is killed while one run runs and others wait: the next one fails that one and runs the others in order', async () => {
  await using room = await openServedRoom(shortLease);
  const first = await room.serve();
  const inputs = ['hang', ...names('task', 5)];
  const { runIds = [] } = await first.tell({ order: 'submit', inputs });
  await first.tell({ order: 'await start', input: 'hang' });
  await first.kill();
  const second = await room.serve();
  await second.tell({ order: 'drain' });
  expect(room.starts()).toEqual(inputs);
  const { runs } = await checkLog(room.store, room.sessionId);
  const byId = new Map(runs.map((run) => [run.id as string, run]));
  expect(runIds.map((id) => byId.get(id)?.status)).toEqual([
    'failed',
    ...names('', 5).map(() => 'completed'),
  ]);
  expect(byId.get(runIds[0] ?? '')?.error?.code).toBe('run_abandoned');
  await second.tell({ order: 'close' });
});

test('a killed run is run again once, before those that wait, where that is wanted', async () => {
  await using room = await openServedRoom(shortLease);
  const options = { onAbandoned: 'rerun' } as const;
  const first = await room.serve(options);
  const inputs = ['hang', 'task 0', 'task 1'];
  const { runIds = [] } = await first.tell({ order: 'submit', inputs });
  await first.tell({ order: 'await start', input: 'hang' });
  await first.kill();
  const second = await room.serve(options);
  await second.tell({ order: 'await start', input: 'hang' });
  await second.kill();
  const third = await room.serve(options);
  await third.tell({ order: 'drain' });
  expect(room.starts()).toEqual(['hang', ...inputs]);
  expect(await third.tell({ order: 'await', runId: runIds[0] ?? '' })).toEqual({ status: 'failed' });
  const { runs } = await checkLog(room.store, room.sessionId);
  expect(runs.map((run) => run.status).toSorted()).toEqual(['completed', 'completed', 'failed', 'failed']);
  await third.tell({ order: 'close' });
});

test('a process is killed again and again while its queue is full: nothing is lost, and nothing runs twice', async () => {
  await using room = await openServedRoom(shortLease);
  for (let round = 0; round < 4; round++) {
    const child = await room.serve({ queuedRuns: 20, concurrentRuns: round < 2 ? 2 : 1 });
    await child.tell({ order: 'go on submitting', prefix: `round ${round}, task` });
    await child.tell({ order: 'await start', input: `round ${round}, task ${10 + 7 * round}` });
    await child.kill();
  }
  const last = await room.serve();
  await last.tell({ order: 'drain' });
  const { runs } = await checkLog(room.store, room.sessionId);
  const started = room.starts();
  expect(new Set(started).size).toBe(started.length);
  const input = (run: (typeof runs)[number]): string => run.input[0]?.text ?? '';
  // Whatever was stored ran, but for those that were killed in the moment of their start.
  const ran = new Set(started);
  for (const run of runs) {
    if (run.status === 'completed') expect(ran).toContain(input(run));
    else expect(run.error?.code).toBe('run_abandoned');
  }
  expect(runs.filter((run) => run.status === 'failed').length).toBeLessThanOrEqual(6);
  for (const name of started) expect(runs.some((run) => input(run) === name)).toBe(true);
  // Two at once may start in either order, those as well that the next server finds waiting.
  for (const round of [2, 3]) {
    const numbers = started
      .filter((name) => name.startsWith(`round ${round},`))
      .map((name) => Number(name.split(' ').at(-1)));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  }
  await last.tell({ order: 'close' });
});
