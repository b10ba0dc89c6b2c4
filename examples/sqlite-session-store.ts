// The SQLite store: sessions, events and numbers outlive the process; another manager reads on.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager } from '../src/index.ts';
import { sqliteStore } from '../src/stores/sqlite/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('sqlite-session-store', [
  { text: 'Stored.' },
  { text: 'Still here.' },
]);
const file = join(example.folder, 'sessions.db');
const open = () => createSessionManager({ store: sqliteStore(file), providers: [example.provider] });

const first = await open();
const made = await first.createSession({
  provider: example.providerName,
  title: 'kept',
  tags: ['example'],
  metadata: { ticket: 42 },
});
assert.equal((await (await made.run('Say "Stored."', example.runOptions)).result).status, 'completed');
const before = await made.events({ limit: 1_000 });
await first.close();
assert.equal((await stat(file)).mode & 0o077, 0, 'the file is private');

await using second = await open();
const session = await second.getSession(made.id);
const row = await session.read();
assert.deepEqual([row.title, row.tags, row.metadata], ['kept', ['example'], { ticket: 42 }]);
const after = await session.events({ limit: 1_000 });
assert.deepEqual(after.events, before.events, 'every event is there, byte for byte');

const run = await session.run('Are you still there?', { ...example.runOptions, continuation: 'native' });
assert.equal((await run.result).status, 'completed');
const page = await session.events({ after: before.latestSeq });
assert.equal(page.events[0]?.seq, before.latestSeq + 1, 'numbers go on without a gap');
assert.deepEqual(
  (await session.events({ after: 2, limit: 2 })).events.map((event) => event.seq),
  [3, 4],
);
console.log(`${page.latestSeq} events in ${file}; sessions: ${(await second.sessions()).rows.length}`);
