// A limiter lets one run go on at a time, over two sessions: the other waits for its turn, and is not lost.
import assert from 'node:assert/strict';
import { createConcurrencyLimiter, createSessionManager, createSessionServer } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('session-limiter', [{ text: 'First.' }, { text: 'Second.' }]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const limiter = createConcurrencyLimiter({ runs: 1, sessions: 2 });
const options = { session: {}, limiter, limiterDeadline: 600_000, runOptions: example.runOptions };
await using one = await createSessionServer(manager, options);
await using two = await createSessionServer(manager, options);
assert.deepEqual(limiter.status().sessions, { active: 2, waiting: 0, limit: 2 });

const runs = [await one.submitRun('Say: first.'), await two.submitRun('Say: second.')];
for await (const event of one.subscribe({ types: ['agent_started'] })) {
  // The other server has heard of its run by now, or will in a moment.
  while (limiter.status().runs.waiting === 0) await new Promise(setImmediate);
  const { runs: use } = limiter.status();
  console.log(
    `while the first runs (#${event.seq} ${event.type}): ${use.active} active, ${use.waiting} waiting`,
  );
  assert.deepEqual(use, { active: 1, waiting: 1, limit: 1 });
  break;
}
const [first, second] = [
  await one.awaitRun(runs[0]?.id ?? assert.fail()),
  await two.awaitRun(runs[1]?.id ?? assert.fail()),
];
assert.deepEqual([first.status, second.status], ['completed', 'completed']);

const [before, after] = [await manager.getRun(first.runId), await manager.getRun(second.runId)];
const ended = (await before.read()).endedAt ?? Infinity;
assert.ok(((await after.read()).startedAt ?? 0) >= ended, 'the second began when the first had ended');
await Promise.all([one.drain(), two.drain()]);
// The slot is given back just after the end is stored.
while (limiter.status().runs.active > 0) await new Promise(setImmediate);
console.log(`after both: ${limiter.status().runs.active} active`);
