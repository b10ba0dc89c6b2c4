// Two runs, then the log in pages: numbers without gaps, a window between two cursors, one run's events.
import assert from 'node:assert/strict';
import { createSessionManager } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('cursor-pagination', [{ text: 'One.' }, { text: 'Two.' }]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
const runs = [];
for (const prompt of ['Say one.', 'Say two.']) {
  const run = await session.run(prompt, example.runOptions);
  assert.equal((await run.result).status, 'completed');
  runs.push(run);
}

const all = await session.events({ limit: 1_000 });
assert.deepEqual(
  all.events.map((event) => event.seq),
  Array.from({ length: all.latestSeq }, (_, index) => index + 1),
);
assert.equal(all.hasMore, false);

const first = await session.events({ limit: 4 });
const second = await session.events({ after: first.scannedTo, limit: 4 });
assert.deepEqual([first.events.length, first.hasMore, second.events[0]?.seq], [4, true, 5]);
console.log(`page 1: ${first.events.map((event) => `${event.seq} ${event.type}`).join(', ')}`);
console.log(`page 2: ${second.events.map((event) => `${event.seq} ${event.type}`).join(', ')}`);

const window = await session.events({ after: 2, before: 6 });
assert.deepEqual(
  window.events.map((event) => event.seq),
  [3, 4, 5],
);

const [, lastRun] = runs;
assert.ok(lastRun);
const ofRun = await session.events({ runId: lastRun.id, limit: 1_000 });
assert.ok(ofRun.events.length > 0 && ofRun.events.every((event) => event.runId === lastRun.id));

const newest = await session.events({ order: 'descending', limit: 1 });
assert.equal(newest.events[0]?.seq, all.latestSeq);
console.log(`${all.latestSeq} events, ${ofRun.events.length} of them of the second run`);
