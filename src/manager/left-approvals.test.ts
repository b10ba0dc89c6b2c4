import { expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { callOf, pendingId } from '../../test/manager/approval-room.ts';
import { checkLog } from '../../test/manager/log-check.ts';
import type { ExpiryDefault } from '../domain/approval.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

const day = 24 * 60 * 60_000;

it.each<[ExpiryDefault, number]>([
  ['deny', 0],
  ['allow', 1],
])(
  'a question whose process died expires when somebody recovers, and its default (%s) holds for the same call once',
  async (onExpiry, times) => {
    const clock = createTestClock();
    const inner = memoryStore({ clock });
    const acting = actingStore(inner);
    const ran: unknown[] = [];
    const result = (input: unknown) => {
      ran.push(input);
      return { output: '' };
    };
    const tool = callOf('x');
    const provider = scriptedProvider(
      [
        { tool, result },
        { tool, result },
      ],
      { clock },
    );
    const options = { providers: [provider], clock, keepOpen: true, limits: { idle: 0 } };
    await using dying = await createSessionManager({
      store: acting.store,
      ...options,
      approvals: { onExpiry },
    });
    const { id: sessionId, run: start } = await dying.createSession({ cwd: '/tmp' });
    const lost = await start('go', { detached: true });
    await using manager = await createSessionManager({ store: inner, ...options, approvals: {} });
    const id = await pendingId(manager);
    // It can't write any more: as good as dead.
    acting.fail();
    clock.advance(day);
    await expect(lost.result).rejects.toMatchObject({ code: expect.stringMatching(/^(storage|lease)_/) });
    expect((await manager.approvals.get(id)).status).toBe('pending');
    expect(await manager.recover()).toEqual([]);
    const second = await pendingId(manager);
    expect(second).not.toBe(id);
    expect(await manager.approvals.get(id)).toMatchObject({ status: 'expired', spentAt: clock.now() });
    expect(ran).toHaveLength(times);
    await manager.approvals.decide(second, { as: 'deny' });
    expect((await (await manager.getRun(lost.id)).result).status).toBe('completed');
    expect(ran).toHaveLength(times);
    const { events } = await checkLog(inner, sessionId);
    expect(events.filter(({ type }) => type === 'tool_approval_expired')).toHaveLength(1);
  },
);

it('a run whose process died with its question open is left alone by who can not go on with it, and can be cancelled', async () => {
  const clock = createTestClock();
  const inner = memoryStore({ clock });
  const acting = actingStore(inner);
  const options = {
    providers: [scriptedProvider([{ tool: callOf('x') }], { clock })],
    ...{ clock, keepOpen: true, approvals: {} },
  };
  await using dying = await createSessionManager({ store: acting.store, ...options });
  const session = await dying.createSession({ cwd: '/tmp' });
  const lost = await session.run('go', { detached: true });
  await using manager = await createSessionManager({ store: inner, ...options });
  const id = await pendingId(manager);
  acting.fail();
  clock.advance(60_000);
  await expect(lost.result).rejects.toMatchObject({ code: expect.stringMatching(/^(storage|lease)_/) });
  const run = await manager.getRun(lost.id);
  expect(await manager.recover({ resume: false })).toEqual([]);
  expect((await run.read()).status).toBe('running');
  expect((await run.cancel('over')).status).toBe('cancelled');
  expect((await manager.approvals.get(id)).status).toBe('withdrawn');
  await checkLog(inner, session.id);
});
