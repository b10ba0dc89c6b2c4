import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Budget } from '../../src/cost/budget.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { startStoreChild, type StoreChild } from '../sqlite/store-child.ts';
import type { SpendAnswer, SpendOrder } from './spending-child.ts';
import { temporaryFolder } from './store-kinds.ts';

const budgets: readonly Budget[] = [
  { name: 'all', per: 'everything', usd: { hard: '1' } },
  { name: 'tag', per: 'tag', only: 'shared', usd: { hard: '5' } },
];

async function tell(child: StoreChild, order: SpendOrder): Promise<SpendAnswer> {
  return (await child.ask(order)) as SpendAnswer;
}

test('processes share a budget: what one spends ends the run of the other, and none starts after', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  await using one = startStoreChild('../manager/spending-child.ts');
  await using two = startStoreChild('../manager/spending-child.ts');
  for (const child of [one, two]) await tell(child, { order: 'open', path, budgets });
  expect(await tell(one, { order: 'spend', amounts: '0.2' })).toEqual({ status: 'completed' });
  expect(await tell(two, { order: 'spend', amounts: '0.1 0.2' })).toEqual({ status: 'completed' });
  // 0.4 are spent. Each of the two alone would go on for ever; together they pass the limit by less than an answer of each.
  const ended = await Promise.all([
    tell(one, { order: 'spend', amounts: '0.5 stay' }),
    tell(two, { order: 'spend', amounts: '0.5 stay' }),
  ]);
  expect(ended.map(({ code }) => code)).toEqual(['budget_exceeded', 'budget_exceeded']);
  for (const child of [one, two]) {
    expect(await tell(child, { order: 'spend', amounts: '0.1' })).toEqual({ code: 'budget_exceeded' });
    await tell(child, { order: 'close' });
  }
  await using manager = await createSessionManager({ store: sqliteStore(path), providers: [] });
  const { rows } = await manager.runs();
  expect(rows.map(({ cost }) => cost?.usd).toSorted()).toEqual(['0.2', '0.2', '0.5', '0.5']);
});

test('what a process had spent when it was killed counts', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sessions.db');
  await using two = startStoreChild('../manager/spending-child.ts');
  await tell(two, { order: 'open', path, budgets });
  await using watcher = await createSessionManager({ store: sqliteStore(path), providers: [] });
  {
    await using one = startStoreChild('../manager/spending-child.ts');
    await tell(one, { order: 'open', path, budgets });
    one.process.send({ order: 'spend', amounts: '0.7 stay' } satisfies SpendOrder);
    for (let cursor: string | undefined; ;) {
      const page = await watcher.feed({
        types: ['token_usage_updated'],
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      if (page.events.length > 0) break;
      cursor = page.cursor;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  expect(await tell(two, { order: 'spend', amounts: '0.2' })).toEqual({ status: 'completed' });
  await using three = startStoreChild('../manager/spending-child.ts');
  await tell(three, { order: 'open', path, budgets });
  expect(await tell(three, { order: 'spend', amounts: '0.1 stay' })).toEqual({
    status: 'failed',
    code: 'budget_exceeded',
  });
  expect(await tell(two, { order: 'spend', amounts: '0.1' })).toEqual({ code: 'budget_exceeded' });
});
