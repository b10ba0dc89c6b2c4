import { describe, expect, it } from 'vitest';
import { actingStore, type ActingStore } from '../../test/manager/acting-store.ts';
import { callOf, memory, openApprovalRoom, pendingId } from '../../test/manager/approval-room.ts';
import { checkLog, waitForEvent } from '../../test/manager/log-check.ts';
import { parkingProvider } from '../../test/manager/parking-provider.ts';
import { sqlite, storeKinds, type StoreKind } from '../../test/manager/store-kinds.ts';
import type { LogEvent } from '../domain/event.ts';
import { createTestClock } from '../testing/deterministic-clock.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { createSessionManager } from './session-manager.ts';

const session = { as: 'allow_session' } as const;

/** In the order of the log, what was said of grants and of calls. */
function decisions(events: readonly LogEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'tool_call_decided') return [event.data.decision];
    return event.type === 'tool_approval_revoked' ? ['revoked'] : [];
  });
}

describe.each(storeKinds)('a grant that lasts, on $name', (kind) => {
  it('is listed with its last use, and lets nothing through once another manager has revoked it', async () => {
    await using room = await openApprovalRoom([callOf('x'), callOf('x')], kind);
    await using other = await room.open();
    const first = await room.run();
    const id = await pendingId(other);
    await other.approvals.decide(id, session, { by: 'ada' });
    await first.result;
    expect(room.ran).toHaveLength(2);
    const { rows } = await other.approvals.grants();
    expect(rows).toMatchObject([{ id, decision: session, lastUsedAt: expect.any(Number) }]);
    expect(JSON.stringify(rows)).not.toContain('salt');

    const revoked = await other.approvals.revoke(id, { by: 'bob', reason: 'no more' });
    expect(revoked).toMatchObject({ status: 'granted', revokedBy: 'bob', revocationReason: 'no more' });
    expect((await room.manager.approvals.grants()).rows).toEqual([]);
    await room.run();
    const asked = await pendingId(other);
    expect(asked).not.toBe(id);
    expect(room.ran).toHaveLength(2);
    await other.approvals.decide(asked, { as: 'deny', stop: true });
    await expect.poll(async () => (await room.manager.runs({ status: ['running'] })).rows).toEqual([]);
    const { events } = await room.log();
    expect(events.filter(({ type }) => type === 'tool_approval_revoked')).toMatchObject([
      { data: { approvalId: id, by: 'bob', reason: 'no more' } },
    ]);
    expect(decisions(events)).toEqual(['allow', 'allow', 'revoked', 'deny']);
  });

  it('lets many calls through at once, and is revoked by the first of many', async () => {
    const calls = Array.from({ length: 24 }, (_, index) => `c${index}`);
    await using place = kind.place();
    const provider = scriptedProvider([
      { tool: callOf('x') },
      {
        call: async ({ host: { authorize, signal } }) => {
          await Promise.all(calls.map(async (id) => await authorize({ ...callOf('x'), id }, { signal })));
        },
      },
    ]);
    const open = async () =>
      await createSessionManager({ store: await place.open(), providers: [provider], approvals: {} });
    await using manager = await open();
    const { id: sessionId, run: start } = await manager.createSession({ cwd: '/tmp' });
    const run = await start('go');
    const id = await pendingId(manager);
    await manager.approvals.decide(id, session);
    expect((await run.result).status).toBe('completed');
    const { events } = await checkLog(await place.open(), sessionId);
    expect(decisions(events)).toEqual(Array.from({ length: 25 }, () => 'allow'));
    const tries = await Promise.allSettled([1, 2, 3, 4].map(async () => await manager.approvals.revoke(id)));
    expect(tries.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    for (const one of tries)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'conflict' });
  });
});

/** A store kind whose first opened store acts when the test says so. */
function acting(): { readonly kind: StoreKind; readonly first: () => ActingStore } {
  let first: ActingStore | undefined;
  const kind: StoreKind = {
    name: 'acting',
    place: (clock) => {
      const place = sqlite.place(clock);
      return {
        open: async () => {
          const store = await place.open();
          if (first !== undefined) return store;
          first = actingStore(store);
          return first.store;
        },
        [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
      };
    },
  };
  return {
    kind,
    first: () => {
      if (first === undefined) throw new Error('No store was opened yet.');
      return first;
    },
  };
}

describe('a revocation at the same moment', () => {
  it('as a grant is found for a call: the call is asked about', async () => {
    const { kind, first } = acting();
    await using room = await openApprovalRoom([callOf('x')], kind);
    await using other = await room.open();
    const run = await room.run();
    const id = await pendingId(other);
    await other.approvals.decide(id, session);
    await run.result;
    first().afterNext('approvals', async () => void (await other.approvals.revoke(id)));
    const again = await room.run();
    await other.approvals.decide(await pendingId(other), { as: 'deny' });
    await again.result;
    expect(room.ran).toHaveLength(1);
    expect(decisions((await room.log()).events)).toEqual(['allow', 'revoked', 'deny']);
  });

  it('as its own call hears of it: the call is refused, and its agent told why', async () => {
    const { kind, first } = acting();
    await using room = await openApprovalRoom([callOf('x')], kind);
    await using other = await room.open();
    const run = await room.run();
    const id = await pendingId(other);
    first().afterNext('approval', async () => void (await other.approvals.revoke(id)));
    await other.approvals.decide(id, session);
    expect((await run.result).status).toBe('completed');
    expect(room.ran).toEqual([]);
    const { events } = await room.log();
    expect(decisions(events)).toEqual(['revoked', 'deny']);
    expect(events.find(({ type }) => type === 'tool_call_decided')).toMatchObject({
      data: { approvalId: id, reason: 'The permission for Bash was taken back before it ran.' },
    });
    expect(await run.read()).not.toHaveProperty('waitingFor');
  });
});

describe('what can be revoked', () => {
  it('is a grant of a parked call that has not run: it is refused when its run goes on', async () => {
    const store = memoryStore();
    const provider = parkingProvider();
    const open = async () =>
      await createSessionManager({
        store,
        providers: [provider],
        approvals: { parkAfter: 0 },
        keepOpen: true,
      });
    const asking = await open();
    const { id: sessionId, run: start } = await asking.createSession({ cwd: '/tmp' });
    const run = await start('go', { detached: true });
    await waitForEvent(run, 'run_parked');
    await asking.close();
    await using manager = await open();
    const id = await pendingId(manager);
    await manager.approvals.decide(id, session);
    await manager.approvals.revoke(id);
    await manager.recover();
    expect(await (await manager.getRun(run.id)).result).toMatchObject({ output: 'deny' });
    expect(provider.ran).toEqual([]);
    expect((await manager.approvals.get(id)).spentAt).toBeDefined();
    await checkLog(store, sessionId);
  });

  it('is no question, no refusal, no grant for one call, and nothing that is over', async () => {
    const clock = createTestClock();
    await using room = await openApprovalRoom([callOf('x'), callOf('y'), callOf('z')], memory, clock);
    const { approvals } = room.manager;
    const run = await room.run();
    const nothing = { code: 'invalid_operation', message: expect.stringContaining('nothing to revoke') };
    await expect(approvals.revoke('apr_none')).rejects.toMatchObject({ code: 'approval_not_found' });
    await expect(approvals.revoke('ses_1')).rejects.toMatchObject({ code: 'approval_not_found' });
    const once = await pendingId(room.manager);
    await expect(approvals.revoke(once)).rejects.toMatchObject(nothing);
    await approvals.decide(once, { as: 'allow' });
    const denied = await nextId(once);
    await expect(approvals.revoke(once)).rejects.toMatchObject(nothing);
    await approvals.decide(denied, { as: 'deny' });
    const pattern = await nextId(denied);
    await expect(approvals.revoke(denied)).rejects.toMatchObject(nothing);
    const until = clock.now() + 1_000;
    await approvals.decide(pattern, { as: 'allow_pattern', rule: { tool: 'bash' }, until });
    await run.result;
    expect((await approvals.grants({ sessionId: room.session.id })).rows).toMatchObject([{ id: pattern }]);
    clock.advance(1_000);
    expect((await approvals.grants()).rows).toEqual([]);
    await expect(approvals.revoke(pattern)).rejects.toMatchObject({
      code: 'invalid_operation',
      message: expect.stringContaining('its time is over'),
    });

    async function nextId(last: string): Promise<string> {
      await expect
        .poll(async () => (await approvals.list({ status: ['pending'] })).rows[0]?.id ?? last, {
          timeout: 60_000,
          interval: 5,
        })
        .not.toBe(last);
      return await pendingId(room.manager);
    }
  });

  it('is nothing of a session that has ended', async () => {
    await using room = await openApprovalRoom([callOf('x')]);
    const { approvals } = room.manager;
    const run = await room.run();
    const id = await pendingId(room.manager);
    await approvals.decide(id, session);
    await run.result;
    await room.session.complete();
    expect((await approvals.grants()).rows).toEqual([]);
    await expect(approvals.revoke(id)).rejects.toMatchObject({ code: 'invalid_operation' });
    expect((await room.log()).events.at(-1)?.type).toBe('session_completed');
  });
});

it('an input that a rule forbids spends the answer that gave it, and the run no longer waits', async () => {
  await using room = await openApprovalRoom([callOf('rm x')]);
  const run = await room.run({ rules: { deny: [{ tool: 'bash', program: 'curl' }] } });
  const id = await pendingId(room.manager);
  await room.manager.approvals.decide(id, { as: 'allow', input: { command: 'curl x' } });
  await run.result;
  expect(room.ran).toEqual([]);
  expect((await room.manager.approvals.get(id)).spentAt).toBeDefined();
  const { events } = await room.log();
  expect(events.find(({ type }) => type === 'tool_call_decided')).toMatchObject({
    data: { decision: 'deny', by: 'rule', approvalId: id },
  });
  expect(await run.read()).not.toHaveProperty('waitingFor');
});
