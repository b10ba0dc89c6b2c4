import { expect, it } from 'vitest';
import { checkLog } from '../../test/manager/log-check.ts';
import { createSessionManager } from '../manager/session-manager.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { createSessionServer } from './session-server.ts';

it('queued runs whose budget is used up when their turn comes fail and ask no agent', async () => {
  const store = memoryStore();
  let asked = 0;
  const submitted = Promise.withResolvers<void>();
  const provider = scriptedProvider(() => {
    asked++;
    return [
      { call: () => submitted.promise },
      { usage: { inputTokens: 100 }, cost: { usd: '0.6', source: 'provider' } },
    ];
  });
  await using manager = await createSessionManager({
    store,
    providers: [provider],
    budgets: [{ name: 'session', per: 'session', usd: { hard: 1 } }],
  });
  const session = await manager.createSession();
  const server = await createSessionServer(manager, { session: session.id });
  const runs = await Promise.all(['one', 'two', 'three', 'four'].map((text) => server.submitRun(text)));
  submitted.resolve();
  const results = await Promise.all(runs.map((run) => server.awaitRun(run.id)));
  expect(results.map((result) => (result.status === 'failed' ? result.error.code : result.status))).toEqual([
    'completed',
    'budget_exceeded',
    'budget_exceeded',
    'budget_exceeded',
  ]);
  expect(asked).toBe(2);
  await expect(server.submitRun('five')).rejects.toMatchObject({ code: 'budget_exceeded' });
  const { events } = await checkLog(store, session.id);
  expect(events.filter((event) => event.type === 'run_started')).toHaveLength(2);
  await server.close();
});

it('a run has the budgets of its server besides its own', async () => {
  const provider = scriptedProvider(({ request }) => [
    { usage: { inputTokens: Number(request.messages.at(-1)?.text) } },
  ]);
  await using manager = await createSessionManager({ store: memoryStore(), providers: [provider] });
  const upTo = (name: string, hard: number) => ({ name, per: 'run', tokens: { hard } }) as const;
  await using server = await createSessionServer(manager, {
    session: {},
    runOptions: { budgets: [upTo('every run', 100)] },
  });
  const own = { budgets: [upTo('own', 50)] };
  const ends = [
    await server.executeRun('99'),
    await server.executeRun('100'),
    await server.executeRun('50', own),
  ];
  ends.push(await server.executeRun('100', { budgets: [upTo('own', 500)] }));
  expect(ends.map((end) => (end.status === 'failed' ? end.error.details?.['budget'] : end.status))).toEqual([
    'completed',
    'every run',
    'own',
    'every run',
  ]);
});
