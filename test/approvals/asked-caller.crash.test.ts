import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { createTestClock } from '../../src/testing/deterministic-clock.ts';
import { pendingId } from '../manager/approval-room.ts';
import { temporaryFolder } from '../manager/store-kinds.ts';
import { endLeases } from '../sqlite/end-leases.ts';
import { startStoreChild } from '../sqlite/store-child.ts';
import { askedAgent, hour } from './asked-agent.ts';

it.each([
  [100_000, 'completed'],
  [60_000, 'failed'],
] as const)(
  'a killed run that worked for 40 s, asked its caller for an hour and works for 40 s more is held to %i ms: %s',
  async (duration, status) => {
    using folder = temporaryFolder();
    const store = join(folder.path, 'sessions.db');
    const clock = createTestClock(Date.UTC(2026, 0, 1) + 5 * hour);
    await using manager = await createSessionManager({
      store: sqliteStore(store, { durability: 'normal' }),
      providers: [askedAgent(clock)],
      approvals: {},
      clock,
    });
    await using child = startStoreChild('../approvals/asked-caller-child.ts');
    const { runId } = (await child.ask({ store, duration })) as { readonly runId: string };
    const id = await pendingId(manager);
    // Disposal kills it.
    await child[Symbol.asyncDispose]();
    endLeases(store);
    await manager.approvals.decide(id, { as: 'allow' });
    expect(await manager.recover({ resume: { authorize: () => ({ decision: 'ask' }) } })).toEqual([]);
    const result = await (await manager.getRun(runId)).result;
    expect(result.status).toBe(status);
    if (result.status === 'failed') expect(result.error.details).toMatchObject({ limit: 'duration' });
  },
);
