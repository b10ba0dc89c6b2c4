import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { EventType } from '../../src/domain/event.ts';
import type { RunId } from '../../src/domain/id.ts';
import { checkLog } from '../manager/log-check.ts';
import { openServedRoom, type ServedRoom } from './server-processes.ts';

/** Milliseconds: long, since nobody is killed here, and a busy machine holds a process up. */
const lease = 60_000;

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

/** The runs of all events of a type, in their order. */
async function runsOf(
  { store, sessionId }: ServedRoom,
  type: EventType,
): Promise<readonly (RunId | undefined)[]> {
  const found: (RunId | undefined)[] = [];
  for (let after = 0; ;) {
    const page = await store.events({ sessionId, types: [type], after, limit: 1_000 });
    found.push(...page.events.map(({ runId }) => runId));
    if (!page.hasMore) return found;
    after = page.scannedTo;
  }
}

test('10,000 runs that are submitted at once run once each, in order', async () => {
  await using room = await openServedRoom(lease);
  const child = await room.serve({ queuedRuns: 10_000 });
  const inputs = names('task', 10_000);
  const { runIds = [] } = await child.tell({ order: 'submit', inputs });
  await child.tell({ order: 'drain' });
  expect(room.starts()).toEqual(inputs);
  for (const type of ['run_queued', 'run_started', 'run_completed'] as const)
    expect(await runsOf(room, type)).toEqual(runIds);
  await child.tell({ order: 'close' });
});

test('two processes serve one session: each run runs once, one at a time, whoever took it in', async () => {
  await using room = await openServedRoom(lease);
  const [one, two] = [await room.serve({ queuedRuns: 200 }), await room.serve({ queuedRuns: 200 })];
  const taken = await Promise.all([
    one.tell({ order: 'submit', inputs: names('one', 60) }),
    two.tell({ order: 'submit', inputs: names('two', 60) }),
  ]);
  expect(taken.map(({ code }) => code)).toEqual([undefined, undefined]);
  await Promise.all([one.tell({ order: 'drain' }), two.tell({ order: 'drain' })]);
  const started = room.starts();
  expect(started.toSorted()).toEqual([...names('one', 60), ...names('two', 60)].toSorted());
  for (const prefix of ['one', 'two'])
    expect(started.filter((name) => name.startsWith(prefix))).toEqual(names(prefix, 60));
  const { events } = await checkLog(room.store, room.sessionId);
  let running = 0;
  for (const { type } of events) {
    if (type === 'run_started') running++;
    if (type === 'run_completed') running--;
    expect(running).toBeLessThanOrEqual(1);
  }
  await Promise.all([one.tell({ order: 'close' }), two.tell({ order: 'close' })]);
});

test('a program that does nothing but serve a session in memory comes to its end', async () => {
  const program = fileURLToPath(new URL('lone-server.ts', import.meta.url));
  // It would end with code 13 if nothing kept it alive while it waits.
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  expect(stdout).toBe('drained');
});
