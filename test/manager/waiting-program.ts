/** A program that only waits, in each of the ways there are, and has nothing else that keeps it alive. */
import { AsmError } from '../../src/domain/error.ts';
import { createSessionManager } from '../../src/manager/session-manager.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { scriptedProvider } from '../../src/testing/index.ts';

const [path = ''] = process.argv.slice(2);
const overloaded = new AsmError('provider_overloaded', 'Overloaded.');
let attempts = 0;
const provider = scriptedProvider(() => {
  attempts++;
  return attempts === 1 ? [{ fail: overloaded }] : [{ wait: 50 }, { say: 'Done.' }];
});
await using manager = await createSessionManager({ store: sqliteStore(path), providers: [provider] });
const session = await manager.createSession();

await using run = await session.run('go', { retry: { tries: 2, delay: 50 } });
console.log((await run.result).status, attempts);

const page = await session.events(
  { after: (await session.events({ limit: 1_000 })).latestSeq },
  { wait: 50 },
);
console.log('page', page.events.length);

for (const follow of [session.follow, manager.approvals.follow]) {
  try {
    for await (const _news of follow({ signal: AbortSignal.timeout(50) }));
  } catch (thrown) {
    console.log(thrown instanceof AsmError ? thrown.code : thrown);
  }
}
