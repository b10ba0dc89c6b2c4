import { expect, test } from 'vitest';
import { pendingId } from '../../test/manager/approval-room.ts';
import { parkingProvider, type ParkingOptions } from '../../test/manager/parking-provider.ts';
import { createSessionManager, type SessionManager } from '../manager/session-manager.ts';
import type { RunHandle } from '../manager/run-handle.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { leavableRun } from './left-run.ts';
import { stopOnSignals } from './stop-signals.ts';

/** A run whose question waits for a person. */
async function waitingRun(options: ParkingOptions): Promise<{ manager: SessionManager; run: RunHandle }> {
  const manager = await createSessionManager({
    store: memoryStore(),
    providers: [parkingProvider(options)],
    approvals: { parkAfter: Number.POSITIVE_INFINITY },
  });
  const session = await manager.createSession({ cwd: '/tmp' });
  const run = await session.run('go', { detached: true });
  await pendingId(manager);
  return { manager, run };
}

test('a second SIGTERM cancels a run of which the first one still waits for the moment to leave it', async () => {
  let asked = 0;
  const tried = Promise.withResolvers<void>();
  const { manager, run } = await waitingRun({
    // Its agent never stops speaking.
    possible: () => {
      asked++;
      tried.resolve();
      return false;
    },
  });
  await using _manager = manager;
  using stop = stopOnSignals(() => undefined);
  stop.attend(run, leavableRun(manager, run));
  process.emit('SIGTERM', 'SIGTERM');
  await tried.promise;
  expect((await run.read()).status).toBe('running');
  process.emit('SIGTERM', 'SIGTERM');
  expect(await run.result).toMatchObject({ status: 'cancelled' });
  // The first one alone would have tried forty times.
  expect(asked).toBeLessThan(40);
});

test('SIGTERM before there is a run aborts the signal by which one is started', () => {
  using stop = stopOnSignals(() => undefined);
  expect(stop.signal.aborted).toBe(false);
  process.emit('SIGTERM', 'SIGTERM');
  expect(stop.signal.reason).toMatchObject({ code: 'cancelled' });
});
