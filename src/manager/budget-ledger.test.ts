import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBudgets } from '../cost/budget-check.ts';
import { budgetScopes, type Budget, type CheckedBudget } from '../cost/budget.ts';
import { systemClock } from '../domain/clock.ts';
import { AsmError } from '../domain/error.ts';
import { timeSortedIds } from '../domain/id.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { memoryStore } from '../stores/memory/memory-store.ts';
import { scriptedProvider } from '../testing/scripted-provider/scripted-provider.ts';
import { BudgetLedger } from './budget-ledger.ts';
import type { SpendingRun } from './run-spend.ts';
import { createSessionManager } from './session-manager.ts';

const budgets: readonly CheckedBudget[] = checkBudgets(
  budgetScopes.flatMap((per): Budget[] => (per === 'run' ? [] : [{ name: per, per, tokens: { warn: 1 } }])),
);

function runIn(sessionId: SpendingRun['sessionId'], provider: string): SpendingRun {
  return { runId: timeSortedIds('run'), sessionId, provider, tags: ['a'] };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The store as a slow one is seen: what it gives is as old as `waits` says, in turns of the event loop. */
function slowly(store: SessionStore, waits: readonly number[]): SessionStore {
  let calls = 0;
  const slow = async <Page>(page: Promise<Page>): Promise<Page> => {
    for (let wait = waits[calls++ % waits.length] ?? 0; wait > 0; wait--) await turn();
    return await page;
  };
  return {
    describe: () => store.describe(),
    commit: (change) => store.commit(change),
    leases: store.leases,
    session: (id) => slow(store.session(id)),
    sessions: (query) => slow(store.sessions(query)),
    approval: (id) => store.approval(id),
    approvals: (query) => store.approvals(query),
    run: (id) => slow(store.run(id)),
    runs: (query) => slow(store.runs(query)),
    events: (query) => slow(store.events(query)),
    feed: (query) => slow(store.feed(query)),
    watch: (sessionId, listener) => store.watch(sessionId, listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test('wherever in the course of runs a ledger is opened, each is counted once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat({ max: 50 }), { maxLength: 12 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 2 }),
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 8 }),
      async (scripts, starts, waits) => {
        await using store = memoryStore();
        const provider = scriptedProvider(({ request }) =>
          (scripts[Number(request.messages[0]?.text)] ?? []).flatMap((tokens) => [
            { usage: { outputTokens: tokens } },
            { call: turn },
          ]),
        );
        const manager = await createSessionManager({ store, providers: [provider], keepOpen: true });
        const session = await manager.createSession({ tags: ['a'] });
        const ledgers = starts.map((start, index) => {
          // The second one knows the runs before it adds up those of the session.
          const other = index === 0 ? session.id : timeSortedIds('session');
          const ledger = new BudgetLedger(slowly(store, waits), systemClock, budgets);
          return { ledger, start, sessions: [other, session.id, session.id] };
        });
        const opening = ledgers.map(async ({ ledger, start, sessions }) => {
          for (let wait = start; wait > 0; wait--) await turn();
          for (const id of sessions) await ledger.refresh(id);
        });
        const runs = await Promise.all(
          scripts.map((_, index) => session.run(String(index), { continuation: 'fresh' })),
        );
        await Promise.all(runs.map((run) => run.result));
        await Promise.all(opening);
        await manager.close();
        const total = scripts.flat().reduce((sum, tokens) => sum + tokens, 0);
        for (const { ledger } of ledgers) {
          await ledger.refresh(session.id);
          const accounts = ledger.accountsOf(runIn(session.id, 'scripted'));
          expect(accounts.map(({ budget, account }) => [budget.name, account.spent(0).tokens])).toEqual(
            budgets.map(({ name }) => [name, total]),
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a session whose account was closed since many others came is added up again for a run in it', async () => {
  await using store = memoryStore();
  const provider = scriptedProvider([{ usage: { outputTokens: 5 } }]);
  const manager = await createSessionManager({ store, providers: [provider], keepOpen: true });
  const session = await manager.createSession();
  await (
    await session.run('go')
  ).result;
  await manager.close();
  const [perSession] = budgets.filter(({ per }) => per === 'session');
  const ledger = new BudgetLedger(store, systemClock, perSession === undefined ? [] : [perSession]);
  await ledger.refresh(session.id);
  const run = runIn(session.id, 'scripted');
  expect(ledger.accountsOf(run)).toHaveLength(1);
  for (let count = 0; count < 1_000; count++) await ledger.refresh(timeSortedIds('session'));
  expect(ledger.accountsOf(run)).toEqual([]);
  await new Promise<void>((resolve) => ledger.follow(run, resolve));
  const [account] = ledger.accountsOf(run);
  expect(account?.account.spent(0).tokens).toBe(5);
  // While the run goes on, its account stays.
  for (let count = 0; count < 1_000; count++) await ledger.refresh(timeSortedIds('session'));
  expect(ledger.accountsOf(run)).toEqual([account]);
  ledger.release(run);
});

test('a store that fails keeps a run from starting, and what it had not told is counted later', async () => {
  await using inner = memoryStore();
  let failing = false;
  const store: SessionStore = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (failing && (name === 'feed' || name === 'session'))
          return Promise.reject(new AsmError('storage_unavailable', 'The disk is gone.'));
        return Reflect.apply(value, target, args);
      };
    },
  });
  const provider = scriptedProvider([{ usage: { outputTokens: 60 } }]);
  await using writer = await createSessionManager({ store: inner, providers: [provider], keepOpen: true });
  await using manager = await createSessionManager({
    store,
    providers: [provider],
    keepOpen: true,
    budgets: [{ name: 'tag', per: 'tag', tokens: { hard: 100 } }],
  });
  const session = await manager.createSession({ tags: ['a'] });
  failing = true;
  await expect(session.run('go')).rejects.toMatchObject({ code: 'storage_unavailable' });
  failing = false;
  await (
    await session.run('go')
  ).result;
  failing = true;
  await (
    await (await writer.getSession(session.id)).run('go', { continuation: 'fresh' })
  ).result;
  await expect(session.run('go')).rejects.toMatchObject({ code: 'storage_unavailable' });
  failing = false;
  await expect(session.run('go')).rejects.toMatchObject({
    code: 'budget_exceeded',
    details: { spent: '120' },
  });
});
