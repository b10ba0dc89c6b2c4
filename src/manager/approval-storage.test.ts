import { expect, it } from 'vitest';
import { actingStore } from '../../test/manager/acting-store.ts';
import { callOf, pendingId } from '../../test/manager/approval-room.ts';
import { checkLog } from '../../test/manager/log-check.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionManager } from './session-manager.ts';

it.each([
  ['read', 'events'],
  ['spent', 'approval'],
])(
  'a decision that can not be %s stops the run, whatever its agent makes of that, and is used when it goes on',
  async (_what, last) => {
    const inner = memoryStore();
    const acting = actingStore(inner);
    const ran: string[] = [];
    const heard = Promise.withResolvers<void>();
    const provider = scriptedProvider(({ request }) => [
      {
        call: async ({ host }) => {
          const call = { ...callOf('x'), id: `call-${request.attempt}` };
          const { decision } = await host.authorize(call, { signal: host.signal }).catch(() => {
            // An agent that takes a failure as a refusal, and a store that is well again.
            acting.fail(false);
            heard.resolve();
            return { decision: 'deny' };
          });
          if (decision === 'allow') ran.push(call.id);
        },
      },
      { say: 'I go on.' },
    ]);
    await using manager = await createSessionManager({
      store: acting.store,
      providers: [provider],
      approvals: {},
    });
    await using other = await createSessionManager({ store: inner, providers: [], keepOpen: true });
    const session = await manager.createSession({ cwd: '/tmp' });
    const run = await session.run('go', { detached: true });
    const id = await pendingId(manager);
    // The store is gone once the run has heard of the decision, or has read it.
    acting.afterNext(last, () => acting.fail());
    await other.approvals.decide(id, { as: 'allow' });
    await heard.promise;
    await expect(run.result).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(ran).toEqual([]);
    expect(await manager.recover()).toEqual([]);
    expect((await (await manager.getRun(run.id)).result).status).toBe('completed');
    expect(ran).toEqual(['call-2']);
    expect(await manager.approvals.get(id)).toMatchObject({ spentAt: expect.any(Number) });
    await checkLog(inner, session.id);
  },
);
