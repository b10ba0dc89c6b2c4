import { expect, test } from 'vitest';
import { endAbandonedProcesses } from '../../src/process/abandoned-process.ts';
import { startProcessGroup } from '../../src/process/process-group.ts';
import { newCookie, probeEnvironment, until, withCookie } from './process-probe.ts';

function start(script: string, cookie: string) {
  return startProcessGroup({
    command: 'sh',
    arguments: ['-c', script],
    cwd: '/',
    environment: probeEnvironment(cookie),
  });
}

test('an agent and its daemons are found by the cookie and ended; a neighbour lives on', async () => {
  const cookie = newCookie();
  const other = newCookie();
  await using neighbour = await start('sleep 60', other);
  await using agent = await start("trap '' TERM; (setsid sleep 61 &); while :; do sleep 1; done", cookie);
  await until('the daemon', () => withCookie(cookie).length >= 3);
  const { ended } = await endAbandonedProcesses({ cookie, identity: agent.identity, grace: 20 });
  expect(ended).toBeGreaterThanOrEqual(3);
  expect(withCookie(cookie)).toEqual([]);
  expect(withCookie(other)).toContain(neighbour.identity.pid);
  expect(await endAbandonedProcesses({ cookie, identity: agent.identity, grace: 20 })).toEqual({ ended: 0 });
});

test('an agent with a mark of its own is found by that, with what it started', async () => {
  const [cookie, mark] = [newCookie(), newCookie()];
  await using agent = await start('(setsid sleep 61 &); exec sleep 60', mark);
  await until('the daemon', () => withCookie(mark).length >= 2);
  expect(await endAbandonedProcesses({ cookie, identity: agent.identity, grace: 0 })).toEqual({ ended: 0 });
  const identity = { ...agent.identity, mark };
  expect((await endAbandonedProcesses({ cookie, identity, grace: 20 })).ended).toBeGreaterThanOrEqual(2);
  expect(withCookie(mark)).toEqual([]);
});

test('a recorded id whose start time or cookie is another is left alone', async () => {
  const cookie = newCookie();
  // One process only: a child of it has the cookie too, and would be ended with right.
  await using stranger = await start('exec sleep 60', cookie);
  const stale = { ...stranger.identity, startTime: (stranger.identity.startTime ?? 0) - 1 };
  expect(await endAbandonedProcesses({ cookie, identity: stale, grace: 0 })).toEqual({ ended: 0 });
  expect(await endAbandonedProcesses({ cookie: newCookie(), identity: stranger.identity, grace: 0 })).toEqual(
    { ended: 0 },
  );
  expect(withCookie(cookie)).toContain(stranger.identity.pid);
});

test('a short cookie is refused, an aborted search ends nothing', async () => {
  await expect(endAbandonedProcesses({ cookie: '' })).rejects.toMatchObject({ code: 'invalid_input' });
  const cookie = newCookie();
  await using agent = await start('exec sleep 60', cookie);
  await expect(endAbandonedProcesses({ cookie }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(withCookie(cookie)).toContain(agent.identity.pid);
});
