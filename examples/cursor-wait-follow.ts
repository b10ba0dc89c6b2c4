// Long polls: a call waits until there is something after its cursor. No busy polling, on SQLite too.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('cursor-wait-follow', [{ text: 'Here I am.', chunks: 4 }]);
await using manager = await createSessionManager({
  store: sqliteStore(join(example.folder, 'sessions.db')),
  providers: [example.provider],
});
const session = await manager.createSession({ provider: example.providerName });
await session.activate();
let { latestSeq: cursor } = await session.events({ limit: 1, order: 'descending' });

const started = session.run('Say something.', example.runOptions);
let polls = 0;
let events = 0;
let provider: string | undefined;
for (let over = false; !over;) {
  const page = await session.events({ after: cursor }, { wait: 30_000 });
  polls++;
  for (const event of page.events) {
    events++;
    provider ??= event.provider;
    console.log(`${new Date(event.time).toISOString()} #${event.seq} ${event.provider ?? '-'} ${event.type}`);
    over ||= event.type === 'run_completed' || event.type === 'run_failed';
  }
  cursor = page.scannedTo;
}
const run = await started;
assert.equal((await run.result).status, 'completed');
assert.equal(provider, example.providerName);
assert.ok(polls <= events + 1, `${polls} polls for ${events} events`);
console.log(`${events} events with ${polls} polls; resume with cursor ${cursor}`);
