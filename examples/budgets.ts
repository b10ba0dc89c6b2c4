// A budget that a team of runs shares: it warns, ends the run that uses it up, and lets no other start,
// also not in another process on the same store.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  createSessionManager,
  isAsmError,
  type Budget,
  type SessionManager,
  type SessionStore,
} from '../src/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { exampleRules, setUpExample } from './support/example.ts';

await using example = await setUpExample('budgets', []);
const budgets: readonly Budget[] = [
  { name: 'nightly', per: 'tag', only: 'nightly', usd: { warn: '0.005', hard: '0.01' } },
  { name: 'a day', per: 'everything', window: 24 * 60 * 60 * 1000, usd: { hard: 20 }, onUnpriced: 'warn' },
  { name: 'one run', per: 'run', tokens: { hard: 5_000_000 } },
];
const file = join(example.folder, '..', 'sessions.db');
// Two stores on one file, as two processes would have them.
await using one = await sqliteStore(file);
await using two = await sqliteStore(file);
const open = async (store: SessionStore): Promise<SessionManager> =>
  await createSessionManager({
    store,
    providers: [example.provider],
    prices: { unnamed: { amp: 'claude-sonnet-4-5' } },
    keepOpen: true,
    budgets,
  });
const options = { ...example.runOptions, rules: exampleRules };

const usage = { input: 2000, output: 100 };
example.say([
  ...['one', 'two', 'three', 'four'].map((word) => ({
    tools: [{ tool: 'bash' as const, command: `echo ${word}` }],
    usage,
  })),
  { text: 'All four are said.', usage },
]);
await using manager = await open(one);
const session = await manager.createSession({ tags: ['nightly'] });
const run = await session.run(
  'Run `echo one`, `echo two`, `echo three` and `echo four` in four calls, one after the other.',
  options,
);
let warned = false;
for await (const event of run) {
  if (event.type === 'token_usage_updated') console.log(`spent ${event.data.cost?.usd ?? 'unpriced'} USD`);
  if (event.type !== 'budget_warning_raised') continue;
  warned = true;
  console.log(`warning: ${event.data.spent} of ${event.data.limit} USD of "${event.data.budget}"`);
}
const result = await run.result;
assert.ok(result.status === 'failed' && result.error.code === 'budget_exceeded', result.status);
assert.ok(warned, 'the warning comes before the end');
console.log(result.error.message);

await using other = await open(two);
const again = await other.createSession({ tags: ['nightly'] });
await assert.rejects(again.run('Say hello.', options), (error) => {
  assert.ok(isAsmError(error) && error.code === 'budget_exceeded');
  console.log(`refused: ${error.message}`);
  return true;
});
assert.deepEqual((await again.runs()).length, 0, 'nothing was started');

example.say([{ text: 'Hello.', usage }]);
const free = await other.createSession();
const hello = await (await free.run('Say hello.', options)).result;
assert.equal(hello.status, 'completed', 'a session without the tag is not concerned');
