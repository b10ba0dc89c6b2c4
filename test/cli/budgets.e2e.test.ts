import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { shell } from '../../src/providers/shell/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { scriptedProvider } from '../../src/testing/scripted-provider/scripted-provider.ts';
import { documents, openAsmRoom } from './asm-room.ts';

/** Makes a store in which two sessions have spent 0.6 and 0.1 dollars, and gives a run with a budget that this uses up. */
async function spend(file: string): Promise<string> {
  const agent = scriptedProvider(({ request }) => [
    {
      usage: { inputTokens: 100 },
      cost: { usd: request.messages.at(-1)?.text ?? '', source: 'provider' },
    },
  ]);
  await using manager = await createSessionManager({ store: sqliteStore(file), providers: [agent] });
  const waiting = await manager.createSession();
  const budgets = [{ name: 'its own', per: 'everything', tokens: { hard: 200 } } as const];
  const { id } = await manager.startRun(waiting.id, 'true', { provider: shell(), budgets });
  await manager.runOnce('0.6', { session: { tags: ['nightly'] } });
  await manager.runOnce('0.1');
  return id;
}

test('budgets shows what was spent and what budgets leave, and run holds them', async () => {
  await using room = await openAsmRoom();
  const store = join(room.home, 'spent.db');
  const waiting = await spend(store);
  const run = ['run', '--provider', 'shell', '--store', store];
  const [plain, wrong, held, resumed] = await room.each([
    ['budgets', '--store', store],
    [...run, '--budget', 'nightly=5', '--', 'true'],
    [...run, '--budget', 'everything=0.7', '--', 'true'],
    ['resume', waiting, '--store', store],
  ]);
  expect(plain).toMatchObject({ code: 0, errors: '' });
  expect(plain?.output).toContain('No budget is set.');
  expect(plain?.output).toContain('Spent in the last 24h:');
  expect(plain?.output).toMatch(/^everything +2 +200 +\$0\.7$/m);
  expect(plain?.output).toMatch(/^scripted +provider +2 +200 +\$0\.7$/m);
  expect(plain?.output).toMatch(/^nightly +tag +1 +100 +\$0\.6$/m);
  expect(plain?.output).toMatch(/^ses_\w+ +session +1 +100 +\$0\.1$/m);

  const environment = { ASM_BUDGETS: 'tag:nightly=0.5/day everything=1000tokens' };
  const words = ['budgets', '--budget', 'run=2', '--budget', 'session=0.65', '--store', store];
  const [shown, json, refused, taken] = await room.each(
    [
      words,
      [...words, '--json'],
      [...run, '--tag', 'nightly', '--', 'true'],
      [...run, '--tag', 'daily', '--', 'true'],
    ],
    { environment },
  );
  const table = shown?.output;
  expect(table).toMatch(/^tag:nightly=0\.5\/day +tag +nightly +24h +\$0\.5 +\$0\.6 +\$0 +used up$/m);
  expect(table).toMatch(/^everything=1000tokens +everything +– +1000 tokens +200 tokens +800 tokens +open$/m);
  expect(table).toMatch(/^run=2 +run +– +\$2 +– +– +open$/m);
  expect(table).toMatch(/^session=0\.65 +session +ses_\w+ +– +\$0\.65 +\$0\.6 +\$0\.05 +open$/m);
  const told = documents(json);
  expect(told).toContainEqual({
    ...{ type: 'budget', name: 'tag:nightly=0.5/day', per: 'tag', key: 'nightly', only: 'nightly' },
    ...{ window: 86_400_000, unit: 'usd', limit: '0.5', used: '0.6', left: '0', state: 'used_up' },
  });
  expect(told).toContainEqual({
    ...{ type: 'spent', in: 'day', per: 'provider', key: 'scripted', runs: 2 },
    ...{ usd: '0.7', tokens: 200, unpricedRuns: 0 },
  });

  expect(refused?.code).not.toBe(0);
  expect(refused?.errors).toContain('The budget "tag:nightly=0.5/day"');
  expect(taken?.code).toBe(0);
  for (const one of [held, resumed]) expect(one?.code).toBe(2);
  expect(held?.errors).toContain('The budget "everything=0.7"');
  expect(resumed?.errors).toContain('The budget "its own"');
  expect(wrong?.code).toBe(2);
  expect(wrong?.errors).toContain('"nightly=5" is no budget.');
});

test('budgets says where nobody knows what was spent', async () => {
  await using room = await openAsmRoom();
  const store = join(room.home, 'spent.db');
  const agent = scriptedProvider(({ request }) => {
    const usage = { inputTokens: 100 };
    const usd = request.messages.at(-1)?.text ?? '';
    return [usd === 'unknown' ? { usage } : { usage, cost: { usd, source: 'provider' } }];
  });
  await using manager = await createSessionManager({ store: sqliteStore(store), providers: [agent] });
  for (const usd of ['0.5', 'unknown']) await manager.runOnce(usd, { session: { tags: ['nightly'] } });
  await manager.runOnce('unknown');

  const [plain, json] = await room.each([
    ['budgets', '--store', store],
    ['budgets', '--json', '--store', store],
  ]);
  expect(plain?.output).toMatch(/^everything +3 +300 +≥ \$0\.5$/m);
  expect(plain?.output).toMatch(/^nightly +tag +2 +200 +≥ \$0\.5$/m);
  expect(plain?.output).toMatch(/^ses_\w+ +session +1 +100 +unpriced$/m);
  expect(plain?.output).toMatch(/^ses_\w+ +session +1 +100 +\$0\.5$/m);
  expect(plain?.errors).toMatch(/^2 runs used models without a known price; /);
  expect(documents(json)[0]).toMatchObject({ runs: 3, usd: '0.5', unpricedRuns: 2 });
});
