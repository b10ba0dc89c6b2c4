// A session server with two slots and four runs: two run, two wait, and each that ends lets the next begin.
import assert from 'node:assert/strict';
import { createSessionManager, createSessionServer } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample(
  'session-concurrency',
  Array.from({ length: 4 }, () => ({ text: 'Done.', delay: 300 })),
);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
await using server = await createSessionServer(manager, {
  session: {},
  concurrentRuns: 2,
  // Each on its own: two agents can't go on with one conversation at once.
  runOptions: { ...example.runOptions, continuation: 'fresh' },
});

const runs = await Promise.all([1, 2, 3, 4].map((number) => server.submitRun(`Say: done with ${number}.`)));
let started = 0;
for await (const event of server.subscribe({ types: ['run_started'] })) {
  console.log(`#${event.seq} ${event.type} ${event.runId}`);
  if (++started === 2) break;
}
const { running, queued } = await server.status();
console.log(`${running.length} running, ${queued.length} queued`);
assert.equal(running.length, 2);
assert.deepEqual(
  queued.map((run) => run.id),
  runs.slice(2).map((run) => run.id),
);

await server.drain({ timeout: 600_000 });
for (const run of runs) assert.equal((await server.awaitRun(run.id)).status, 'completed');
const after = await server.status();
assert.deepEqual([after.running.length, after.queued.length], [0, 0]);

const session = await manager.getSession(server.sessionId);
const { events } = await session.events({ types: ['run_started', 'run_completed'] });
let now = 0;
let most = 0;
for (const { type } of events) {
  now += type === 'run_started' ? 1 : -1;
  most = Math.max(most, now);
}
assert.equal(most, 2, 'never more than two at once, and two at once');
console.log('4 runs done, at most 2 at once');
