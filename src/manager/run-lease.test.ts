import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const lease = 15_000;

/** A run whose agent says something and then hangs, on clocks that stand still. */
async function openRoom() {
  const clock = createTestClock();
  const storeClock = createTestClock();
  const inner = memoryStore({ clock: storeClock });
  const acting = actingStore(inner);
  const stack = new AsyncDisposableStack();
  stack.use(inner);
  const agent = { stopped: false };
  const provider = scriptedProvider([
    { say: 'x' },
    {
      call: async ({ stop }) => {
        await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
        agent.stopped = true;
      },
    },
  ]);
  const manager = stack.use(
    await createSessionManager({
      store: acting.store,
      providers: [provider],
      clock,
      keepOpen: true,
      limits: { idle: 0 },
    }),
  );
  const other = stack.use(
    await createSessionManager({ store: inner, providers: [], clock: createTestClock(), keepOpen: true }),
  );
  const session = await manager.createSession();
  const run = await session.run('go');
  await waitForEvent(run, 'message_received');
  await quiet();
  return {
    inner,
    acting,
    manager,
    other,
    session,
    run,
    agent,
    clock,
    storeClock,
    /** Time passes for all, in steps in which the lease can be renewed. */
    async pass(milliseconds: number): Promise<void> {
      for (let left = milliseconds; left > 0; left -= 1_000) {
        storeClock.advance(Math.min(1_000, left));
        clock.advance(Math.min(1_000, left));
        await quiet();
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

describe('the lease of a run', () => {
  it('is kept as long as the run goes on, and given back at its end', async () => {
    await using room = await openRoom();
    await room.pass(4 * lease);
    expect(await room.other.recover()).toEqual([]);
    expect((await room.run.cancel()).status).toBe('cancelled');
    expect(await room.inner.leases.current(room.run.id)).toBeUndefined();
    expect(room.clock.pendingTimers).toBe(0);
    await checkLog(room.inner, room.session.id);
  });

  it('outlives a store that can not be reached for a moment', async () => {
    await using room = await openRoom();
    room.acting.fail();
    await room.pass(lease / 2);
    room.acting.fail(false);
    await room.pass(2 * lease);
    expect(await room.other.recover()).toEqual([]);
    expect((await room.run.cancel()).status).toBe('cancelled');
    await checkLog(room.inner, room.session.id);
  });

  it('is lost when the store can not be reached until it has run out: the agent is stopped', async () => {
    await using room = await openRoom();
    room.acting.fail();
    const before = await checkLog(room.inner, room.session.id, { settled: false });
    await room.pass(2 * lease);
    expect(room.agent.stopped).toBe(true);
    await expect(room.run.result).rejects.toMatchObject({
      code: 'lease_lost',
      cause: { code: 'storage_unavailable' },
    });
    room.acting.fail(false);
    await room.pass(lease);
    expect(room.clock.pendingTimers).toBe(0);
    expect(await checkLog(room.inner, room.session.id, { settled: false })).toEqual(before);
    expect(await room.other.recover()).toMatchObject([{ id: room.run.id, error: { code: 'run_abandoned' } }]);
    await checkLog(room.inner, room.session.id);
  });

  it('is lost when somebody else has taken it: the agent is stopped, and nothing more is written', async () => {
    await using room = await openRoom();
    // As after a sleep of the machine that our clock did not notice.
    room.storeClock.advance(lease + 1);
    expect(await room.other.recover()).toHaveLength(1);
    const after = await checkLog(room.inner, room.session.id);
    expect(room.agent.stopped).toBe(false);
    await room.pass(lease);
    expect(room.agent.stopped).toBe(true);
    await expect(room.run.result).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(room.run[Symbol.asyncDispose]()).resolves.toBeUndefined();
    expect(room.clock.pendingTimers).toBe(0);
    expect(await checkLog(room.inner, room.session.id)).toEqual(after);
    // Who asks anew learns how it really ended.
    expect(await (await room.manager.getRun(room.run.id)).result).toMatchObject({
      status: 'failed',
      error: { code: 'run_abandoned' },
    });
  });
});
