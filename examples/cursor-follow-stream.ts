// Takes a cursor, follows from it while a run executes, and gets every later event once, in order.
import assert from 'node:assert/strict';
import { createSessionManager } from '../src/index.ts';
import { memoryStore } from '../src/stores/memory/index.ts';
import { setUpExample } from './support/example.ts';

await using example = await setUpExample('cursor-follow-stream', [
  { text: 'Counting: one, two, three.', chunks: 6 },
]);
await using manager = await createSessionManager({ store: memoryStore(), providers: [example.provider] });
const session = await manager.createSession({ provider: example.providerName });
await session.activate();
const { latestSeq: cursor } = await session.events({ limit: 1, order: 'descending' });

const seen: number[] = [];
const following = (async () => {
  for await (const event of session.follow({ after: cursor })) {
    seen.push(event.seq);
    if (seen.length <= 2) console.log(`#${event.seq} ${event.type}`);
  }
})();
const run = await session.run('Count to three.', example.runOptions);
assert.equal((await run.result).status, 'completed');
await session.complete();
await following;

const { latestSeq } = await session.events({ limit: 1, order: 'descending' });
assert.deepEqual(
  seen,
  Array.from({ length: latestSeq - cursor }, (_, index) => cursor + index + 1),
);
console.log(`followed ${seen.length} events from cursor ${cursor}, and ended with the session`);
