import { describe, expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { hasErrorCode } from '../domain/error.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const lease = 15_000;

/** A run whose executor is gone, as the store sees it: its lease has run out. */
async function abandonRuns(count: number) {
  const storeClock = createTestClock();
  const inner = memoryStore({ clock: storeClock });
  const acting = actingStore(inner);
  const gone = await createSessionManager({
    store: acting.store,
    providers: [
      scriptedProvider([
        { usage: { inputTokens: 7 }, cost: { usd: '0.01', source: 'provider' } },
        { hang: true },
      ]),
    ],
    clock: createTestClock(),
    keepOpen: true,
  });
  const session = await gone.createSession();
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const run = await session.run('go', { continuation: 'fresh' });
    await waitForEvent(run, 'token_usage_updated');
    ids.push(run.id);
  }
  acting.fail();
  await gone.close();
  const open = () => createSessionManager({ store: inner, providers: [], keepOpen: true });
  return { inner, storeClock, session: session.id, ids, open };
}

describe('recovery', () => {
  it('ends each abandoned run once, with what it had used, whoever recovers how often at once', async () => {
    const { inner, storeClock, session, ids, open } = await abandonRuns(12);
    await using one = await open();
    await using two = await open();
    expect(await one.recover()).toEqual([]);
    storeClock.advance(lease + 1);
    const recovered = (
      await Promise.all([one.recover(), two.recover(), one.recover(), two.recover()])
    ).flat();
    expect(recovered.map((run) => run.id).toSorted()).toEqual(ids.toSorted());
    for (const run of recovered) {
      expect(run).toMatchObject({
        status: 'failed',
        error: { code: 'run_abandoned', retryable: true },
        usage: { inputTokens: 7 },
        cost: { usd: '0.01' },
      });
    }
    expect(await one.recover()).toEqual([]);
    await checkLog(inner, session);
    await inner[Symbol.asyncDispose]();
  });

  it('can be stopped by its signal', async () => {
    const { inner, storeClock, session, open } = await abandonRuns(1);
    storeClock.advance(lease + 1);
    await using manager = await open();
    await expect(manager.recover({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await manager.recover()).toHaveLength(1);
    await checkLog(inner, session);
    await inner[Symbol.asyncDispose]();
  });

  it('and cancelling the session at once give one end', async () => {
    const { inner, storeClock, session, open } = await abandonRuns(3);
    storeClock.advance(lease + 1);
    await using one = await open();
    await using two = await open();
    const handle = await two.getSession(session);
    await Promise.all([one.recover(), handle.cancel('over'), two.recover()]);
    expect((await handle.read()).status).toBe('cancelled');
    await checkLog(inner, session);
    await inner[Symbol.asyncDispose]();
  });

  it('ends what a session left open whose cancelling broke off, at any moment', async () => {
    for (let call = 1; ; call++) {
      const storeClock = createTestClock();
      const inner = memoryStore({ clock: storeClock });
      const acting = actingStore(inner);
      const manager = await createSessionManager({ store: acting.store, providers: [scriptedProvider([])] });
      const session = await manager.createSession();
      await manager.startRun(session.id, 'one');
      await manager.startRun(session.id, 'two');
      acting.actAt(call, () => acting.fail());
      const before = acting.calls;
      const broken = await session.cancel('over').then(
        () => false,
        (error: unknown) => hasErrorCode(error, 'storage_unavailable'),
      );
      storeClock.advance(lease + 1);
      await using other = await createSessionManager({ store: inner, providers: [], keepOpen: true });
      await other.recover();
      const cancelled = (await inner.session(session.id))?.status === 'cancelled';
      const { runs } = await checkLog(inner, session.id, { settled: cancelled });
      expect(runs).toHaveLength(2);
      if (!broken) {
        expect(cancelled).toBe(true);
        expect(before + call).toBeGreaterThan(acting.calls);
        break;
      }
      await manager.close();
    }
  });
});
